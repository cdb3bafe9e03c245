import { z } from 'zod'
import type { UsageQuery } from '../contract/charges.ts'
import type { Meters } from '../contract/meters.ts'
import type { UsageDays } from '../ledger/reads.ts'
import { dimensionInput } from './dimensionInput.ts'

const dayMs = 86_400_000
const maxDays = 366
const day = z.iso.date('Pass a calendar day such as 2026-11-30.')

const fields = <Dimension extends string>(meters: Meters) =>
  z.object({
    days: z.number().int().min(1).max(maxDays).optional(),
    from: day.optional(),
    to: day.optional(),
    by: dimensionInput<Dimension>(meters).optional(),
  })
type Range = Pick<z.output<ReturnType<typeof fields>>, 'days' | 'from' | 'to'>

const usageDays = <Dimension extends string>({ now, meters }: { now: () => number; meters: Meters }) =>
  fields<Dimension>(meters)
    .default({})
    .transform(({ days, from, to, by }, ctx): UsageDays & { by?: Dimension } => {
      const problem = problemOf({ days, from, to, today: new Date(now()).toISOString().slice(0, 10) })
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
      const read: UsageDays = from === undefined ? { days: days ?? 30 } : { from, to: to ?? null }
      return by === undefined ? read : { ...read, by }
    })

/**
 * The schema of a usage query. Its output is the days to read, and the dimension. Ignores other properties, because over
 * a WebSocket, the input also contains the call's key.
 */
export const usageInput = <Dimension extends string>(parts: { now: () => number; meters: Meters }) =>
  // The first schema gives the input its type. The second schema validates the input with clear messages. A union of
  // two schemas, one for each kind of range, would give unclear messages.
  z
    .custom<UsageQuery<Dimension> | undefined>()
    .transform((input): unknown => input)
    .pipe(usageDays<Dimension>(parts))

/** Says what is wrong with the days, and what to pass instead. Returns null if nothing is wrong. */
function problemOf({ days, from, to, today }: Range & { today: string }): string | null {
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
