import type { Customer } from '../database/records/customers.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/**
 * The event types that a webhook can subscribe to. The platform never emits some of these types, and it has no
 * events for usage, renewals or adjustments.
 */
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

/** The event types that this server and the platform emit. */
type Emitted = Exclude<
  (typeof eventTypes)[number],
  'customer.updated' | 'subscription.updated' | 'sync.events_available'
>

/**
 * Adds an event to the outbox in the change's transaction, so that the event is sent if and only if the
 * change commits. As on the platform, the body only identifies the object to look up, without the event type
 * or amounts.
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
      pricingModelId: customer.pricingModelId,
      webhookId,
      type,
      payload,
      state,
      attempts: 0,
      nextAttemptAt: at,
      lastStatus: null,
      lastError: null,
    })
  const asked = db.webhooks
    .by('model', customer.pricingModelId)
    .filter((webhook) => webhook.active && webhook.filterTypes.includes(type))
  for (const webhook of asked) put(webhook.id, 'pending')
  // An event without a receiver is stored too, so that the dashboard can show it.
  if (hasReceiver) put(null, 'pending')
  else if (asked.length === 0) put(null, 'kept')
}
