import { endedEventKeptMs, unfinishedCheckoutKeptMs } from '../rules/retention.ts'
import type { Database } from './Database.ts'

/**
 * The maximum number of sessions, and of events, that one call deletes. A larger number would delay API
 * calls.
 */
const recordsPerStep = 100

/**
 * Deletes some of the records that are no longer needed: old unfinished checkout sessions, and old events
 * that won't be sent again. Call this in a transaction.
 */
export function prune({ checkoutSessions, webhookDeliveries, webhookAttempts }: Database, now: number): void {
  const sessions = checkoutSessions.upTo('unfinished', now - unfinishedCheckoutKeptMs, recordsPerStep)
  for (const session of sessions) checkoutSessions.remove(session)
  for (const delivery of webhookDeliveries.upTo('endedAt', now - endedEventKeptMs, recordsPerStep)) {
    for (const attempt of webhookAttempts.by('delivery', delivery.id)) webhookAttempts.remove(attempt)
    webhookDeliveries.remove(delivery)
  }
}
