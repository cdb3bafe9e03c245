import type { UsageEvent } from '../ledger/answers.ts'
import type { Lease } from './leases.ts'
import type { BulkAnswer, SingleAnswer } from './usageEventRequests.ts'

/** An event to send, and the lease that covers it. */
export interface Sending {
  event: UsageEvent
  lease: Lease
}

/** Returns the events whose leases this node still holds. Extends the leases if necessary. */
export async function stillLeased(batch: Sending[]): Promise<Sending[]> {
  const leases = [...new Set(batch.map(({ lease }) => lease))]
  const kept = await Promise.all(leases.map(async (lease) => ((await lease.keep()) ? [lease] : [])))
  const ours = new Set(kept.flat())
  return batch.filter(({ lease }) => ours.has(lease))
}

/**
 * Sends a request. After a conclusive rejection, increments each event's rejection count, unless the count
 * was cleared earlier. Any other outcome clears the counts, because Flowglad may have recorded the events.
 */
export async function countingRejections<Answer extends BulkAnswer | SingleAnswer>(
  sendings: Sending[],
  request: () => Promise<Answer>,
): Promise<Answer> {
  const before = sendings.map(({ event, lease }) => {
    const count = lease.rejections.get(event)
    lease.rejections.delete(event)
    return count
  })
  const answer = await request()
  if (answer.state === 'rejected' && answer.isConclusive) {
    for (const [index, { event, lease }] of sendings.entries()) {
      const count = before[index]
      if (count !== undefined) lease.rejections.set(event, count + 1)
    }
  }
  return answer
}
