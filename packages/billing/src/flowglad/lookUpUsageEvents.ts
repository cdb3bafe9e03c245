import { z } from 'zod'
import type { UsageEvent } from '../ledger/answers.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { flowgladError } from './flowgladError.ts'
import { isSameEvent, recordedEvent } from './usageEventRequests.ts'

/**
 * The result of looking for an event in Flowglad's list of usage events:
 * - `missing`: Flowglad has not recorded the event.
 * - `unknown`: the list is too long to read, or Flowglad refuses to return it.
 */
export type LookUp = { state: 'recorded'; priceId: string | null } | { state: 'missing' | 'unknown' }

const page = z.object({
  data: z.array(recordedEvent.extend({ createdAt: z.number() })),
  nextCursor: z.string().nullish(),
})
const maxPages = 20
/** How far Flowglad's clock may be behind ours. */
const clockDifferenceMs = 10 * 60_000

/**
 * Looks for events in Flowglad's list of all usage events. The list can't be filtered, so the search starts
 * with the newest event and ends at an event that is older than the usage. Rejects if Flowglad doesn't
 * answer.
 * @param beforeRequest runs before each request. If it returns false, the search ends.
 */
export async function lookUpUsageEvents(
  flowglad: Pick<FlowgladClient, 'newestUsageEvents'>,
  events: UsageEvent[],
  beforeRequest: () => Promise<boolean>,
): Promise<Map<UsageEvent, LookUp>> {
  const found = new Map<UsageEvent, LookUp>()
  const rest = (state: 'missing' | 'unknown') =>
    new Map(events.map((event) => [event, found.get(event) ?? { state }]))
  const firstUsage = Math.min(...events.map(({ usageDate }) => usageDate)) - clockDifferenceMs
  let cursor: string | null = null
  for (let pages = 0; pages < maxPages && found.size < events.length; pages++) {
    if (!(await beforeRequest())) return rest('unknown')
    const answer: z.infer<typeof page> | null = await readPage(flowglad, cursor)
    if (!answer) return rest('unknown')
    for (const event of events) {
      const match = answer.data.find((candidate) => isSameEvent(candidate, event))
      if (match) found.set(event, { state: 'recorded', priceId: match.priceId ?? null })
    }
    cursor = answer.nextCursor ?? null
    const oldest = answer.data.at(-1)?.createdAt
    if (cursor === null || oldest === undefined || oldest < firstUsage) return rest('missing')
  }
  return rest('unknown')
}

/** Returns a page, or null if Flowglad refuses to return it. */
async function readPage(flowglad: Pick<FlowgladClient, 'newestUsageEvents'>, cursor: string | null) {
  try {
    return page.parse(await flowglad.newestUsageEvents(cursor))
  } catch (error) {
    const rejection = flowgladError(error)
    if (rejection && rejection.status < 500) return null
    throw error
  }
}
