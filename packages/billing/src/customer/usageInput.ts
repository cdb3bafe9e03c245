import { z } from 'zod'
import type { UsageRange } from '../contract/charges.ts'
import type { UsageDays } from '../ledger/reads.ts'

const dayMs = 86_400_000
const maxDays = 366
const day = z.iso.date('Pass a calendar day such as 2026-11-30.')

const fields = z.object({
  days: z.number().int().min(1).max(maxDays).optional(),
  from: day.optional(),
  to: day.optional(),
})

const usageDays = (now: () => number) =>
  fields.default({}).transform(({ days, from, to }, ctx): UsageDays => {
    const problem = problemOf({ days, from, to, today: new Date(now()).toISOString().slice(0, 10) })
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
    return from === undefined ? { days: days ?? 30 } : { from, to: to ?? null }
  })

/**
 * The schema of a usage query. Its output is the days to read. Ignores other properties, because over a WebSocket, the
 * input also contains the call's key.
 */
export const usageInput = (now: () => number) =>
  // The first schema only gives the input its type. The second schema accepts more types, and rejects bad input with
  // clear messages, but a union of two schemas wouldn't.
  z
    .custom<UsageRange | undefined>()
    .transform((input): unknown => input)
    .pipe(usageDays(now))

/** Says what is wrong with the days, and what to pass instead. Returns null if nothing is wrong. */
function problemOf({ days, from, to, today }: z.output<typeof fields> & { today: string }): string | null {
  if (from === undefined) return to === undefined ? null : 'Pass `from` with `to`.'
  if (days !== undefined) return 'Pass either `days` or `from`, not both.'
  const last = to ?? today
  if (from > last)
    return to === undefined
      ? `\`from\` is after today, ${today} in UTC. Pass today or an earlier day.`
      : '`from` is after `to`. Pass the first day as `from` and the last day as `to`.'
  const count = (Date.parse(last) - Date.parse(from)) / dayMs + 1
  return count > maxDays
    ? `The range has ${count} days. Pass at most ${maxDays} days, and read a longer range in parts.`
    : null
}
