import type { Price, UsageMeter } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { UsageEvent } from '../database/records/usage.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { int32Max } from '../rules/bounds.ts'
import { applyCredits } from '../rules/credits.ts'
import { distinctKey } from '../rules/distinctKey.ts'
import { postLedgerEntry } from './ledger.ts'
import { periodAt } from './periods.ts'

export interface Usage {
  subscription: Subscription
  meter: UsageMeter
  price: Price
  amount: number
  transactionId: string
  usageDate: number
  properties: Record<string, unknown>
}

/**
 * Returns the meter's event with this transaction ID, even if the event belongs to another subscription. The
 * transaction ID is the idempotency key.
 */
export const findUsage = ({ db }: Platform, transactionId: string, meterId: string): UsageEvent | undefined =>
  db.usageEvents.first('transaction', `${transactionId}\u0000${meterId}`)

/**
 * Stores an event and deducts its cost from the subscription's credits. Accepts an event even without enough
 * credits: the balance becomes negative, and the uncovered cost stays outstanding until an invoice settles
 * it.
 */
export function recordUsage(platform: Platform, at: number, usage: Usage): UsageEvent {
  const { db } = platform
  const { subscription, meter, price, amount } = usage
  if (amount > int32Max)
    throw rejected(
      `Failed to insert item into usage_events: Failed to insert items into usage_events: value "${amount}" is out of range for type integer`,
    )
  const billingPeriodId = periodAt(platform, subscription.id, at)?.id ?? null
  // If a meter counts distinct properties, events with equal properties are charged only once per period.
  const key = { billingPeriodId, usageMeterId: meter.id, properties: usage.properties }
  const counts = meter.aggregationType === 'sum' || !db.usageEvents.first('distinct', distinctKey(key))
  const event = db.usageEvents.put({
    ...newRecord('usage_event', at),
    customerId: subscription.customerId,
    subscriptionId: subscription.id,
    usageMeterId: meter.id,
    billingPeriodId,
    amount,
    usageDate: usage.usageDate,
    transactionId: usage.transactionId,
    priceId: price.id,
    properties: usage.properties,
    pricingModelId: meter.pricingModelId,
  })
  if (!counts) return event
  const spendable = db.usageCredits
    .by('spendable', `${subscription.id}\u0000${meter.id}`)
    .filter((credit) => credit.expiresAt === null || credit.expiresAt > at)
  const { applied, outstanding } = applyCredits(spendable, amount)
  for (const { id, remaining } of applied) db.usageCredits.patch(id, { remaining, updatedAt: at })
  postLedgerEntry(platform, at, {
    subscriptionId: subscription.id,
    usageMeterId: meter.id,
    type: 'usage_cost',
    amount: -amount,
    usageEventId: event.id,
    cost: { priceId: price.id, outstanding },
    description: usage.transactionId,
  })
  return event
}
