import type { Customer } from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'

/** The events that the platform emits; nothing announces usage, renewals, adjustments or scheduled cancellations. */
type EventType =
  | 'customer.created'
  | 'purchase.completed'
  | 'payment.failed'
  | 'payment.succeeded'
  | 'subscription.created'
  | 'subscription.canceled'

/**
 * Puts an event into the outbox, in the transaction that it tells of: an undone change is never announced, a committed
 * one always is. As on the platform the body has no type and no amounts: it says what to look up.
 */
export function announce(
  { books, hasReceiver }: Platform,
  at: number,
  type: EventType,
  about: { id: string; object: 'customer' | 'payment' | 'purchase' | 'subscription'; customer: Customer },
): void {
  const { id, object, customer } = about
  books.webhookDeliveries.put({
    ...newRecord('msg', at),
    type,
    payload: JSON.stringify({
      id,
      object,
      customer: { id: customer.id, externalId: customer.externalId },
      pricingModelId: customer.pricingModelId,
    }),
    state: hasReceiver ? 'pending' : 'kept',
    attempts: 0,
    nextAttemptAt: 0,
    lastStatus: null,
    lastError: null,
  })
}
