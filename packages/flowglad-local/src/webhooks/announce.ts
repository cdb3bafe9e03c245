import type { Customer } from '../database/records/customers.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/**
 * The events that a webhook can subscribe to. The platform doesn't emit all of them, and it announces no
 * usage, renewals or adjustments.
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

/** The events that this server and the platform emit. */
type Emitted = Exclude<
  (typeof eventTypes)[number],
  'customer.updated' | 'subscription.updated' | 'sync.events_available'
>

/**
 * Adds an event to the outbox within the transaction of the change, so that it is sent if and only if the
 * change commits. As on the platform, the body has no event type and no amounts. It only identifies the
 * object to look up.
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
  // The dashboard shows events without a receiver.
  if (hasReceiver) put(null, 'pending')
  else if (asked.length === 0) put(null, 'kept')
}
