import type { Customer } from '../database/records/customers.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/** What a webhook can ask for: not all of it is ever emitted, and nothing announces usage, renewals or adjustments. */
export const eventTypes = [
  'customer.created',
  'customer.updated',
  'purchase.completed',
  'payment.failed',
  'payment.succeeded',
  'subscription.created',
  'subscription.updated',
  'subscription.canceled',
  'sync.events_available',
] as const

/** The events that are emitted, here and on the platform. */
type Emitted = Exclude<
  (typeof eventTypes)[number],
  'customer.updated' | 'subscription.updated' | 'sync.events_available'
>

/**
 * Puts an event into the outbox, in the transaction that it tells of: an undone change is never announced, a committed
 * one always is. As on the platform the body has no type and no amounts: it says what to look up.
 */
export function announce(
  { db, hasReceiver }: Platform,
  at: number,
  type: Emitted,
  about: { id: string; object: 'customer' | 'payment' | 'purchase' | 'subscription'; customer: Customer },
): void {
  const { id, object, customer } = about
  const payload = JSON.stringify({
    id,
    object,
    customer: { id: customer.id, externalId: customer.externalId },
    pricingModelId: customer.pricingModelId,
  })
  const put = (webhookId: string | null, state: 'kept' | 'pending') =>
    db.webhookDeliveries.put({
      ...newRecord('msg', at),
      webhookId,
      type,
      payload,
      state,
      attempts: 0,
      nextAttemptAt: 0,
      lastStatus: null,
      lastError: null,
    })
  const asked = db.webhooks
    .by('model', customer.pricingModelId)
    .filter((webhook) => webhook.active && webhook.filterTypes.includes(type))
  for (const webhook of asked) put(webhook.id, 'pending')
  // What nobody receives is kept, so that the dashboard can show what would have been sent.
  if (hasReceiver) put(null, 'pending')
  else if (asked.length === 0) put(null, 'kept')
}
