import type { UsageEvent } from '../ledger/answers.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { listUsageEvents } from './listUsageEvents.ts'
import { isSameEvent } from './usageEventRequests.ts'

/**
 * The result of looking for an event in Flowglad's list of usage events:
 * - `missing`: Flowglad has not recorded the event.
 * - `unknown`: the list is too long to read, or Flowglad refuses to return it.
 */
export type LookUp = { state: 'recorded'; priceId: string | null } | { state: 'missing' | 'unknown' }

const maxPages = 20
/** How far Flowglad's clock may be behind ours. */
const clockDifferenceMs = 10 * 60_000

/**
 * Looks for events in Flowglad's list of all usage events. The search starts with the newest event. The
 * search ends when all events are found, after a page with an event that is older than the usage, or after
 * `maxPages` pages. Rejects if Flowglad doesn't respond.
 * @param beforeRequest runs before each request. If this function returns false, the search ends.
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
  const pages = listUsageEvents(flowglad)
  for (let read = 0; read < maxPages && found.size < events.length; read++) {
    if (!(await beforeRequest())) return rest('unknown')
    const next = await pages.next()
    if (next.done) return rest('missing')
    const listed = next.value
    if (!listed) return rest('unknown')
    for (const event of events) {
      const match = listed.find((candidate) => isSameEvent(candidate, event))
      if (match) found.set(event, { state: 'recorded', priceId: match.priceId ?? null })
    }
    const oldest = listed.at(-1)?.createdAt
    if (oldest === undefined || oldest < firstUsage) return rest('missing')
  }
  return rest('unknown')
}
