import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'
import { cancelSubscription } from './cancelSubscription.ts'
import { completeCheckout } from './completeCheckout.ts'
import { createCustomer } from './customers.ts'
import { openCheckout } from './openCheckout.ts'
import { recordUsage } from './recordUsage.ts'
import { currentSubscriptions } from './subscriptions.ts'
import { findTestCard, type TestCard, testCards, testPayer } from './testCards.ts'

const people = [
  'Ada Lovelace',
  'Grace Hopper',
  'Alan Turing',
  'Katherine Johnson',
  'Edsger Dijkstra',
] as const

/** Creates the demo customers if there are no customers. */
export function seed(platform: Platform): void {
  if (platform.db.customers.count() === 0) addDemoCustomers(platform)
}

/**
 * Creates demo customers in the states that an application must handle: a new customer, a partly used plan, a
 * negative balance, a scheduled cancellation, and a card that fails on renewal. Skips demo customers that
 * already exist.
 */
export function addDemoCustomers(platform: Platform): void {
  const { db, clock } = platform
  db.transaction(() => {
    const at = clock.now()
    const paid = db.prices
      .by('model', platform.pricingModelId)
      .filter((price) => price.type === 'subscription' && price.active && price.unitPrice > 0)
      .sort((a, b) => a.unitPrice - b.unitPrice)
    const customers = people.map((name) => {
      const externalId = name.split(' ')[0]?.toLowerCase() ?? name
      if (db.customers.first('externalId', externalId)) return undefined
      return createCustomer(platform, at, { externalId, name, email: `${externalId}@example.com` }).customer
    })
    const [, busy, overdrawn, leaving, failing] = customers
    const [cheapest] = paid
    const dearest = paid.at(-1)
    if (busy && dearest) buy(platform, at, busy, dearest.slug, testCards[0])
    if (leaving && cheapest) buy(platform, at, leaving, cheapest.slug, testCards[0])
    const failsLater = findTestCard('4000000000000341')
    if (failing && cheapest && failsLater) buy(platform, at, failing, cheapest.slug, failsLater)
    if (busy) useShare(platform, at, busy, 0.4)
    if (overdrawn) useShare(platform, at, overdrawn, 1.2)
    const [ending] = leaving ? currentSubscriptions(platform, leaving.id) : []
    if (ending && !ending.isFreePlan)
      cancelSubscription(platform, at, ending, 'at_end_of_current_billing_period')
  })
}

function buy(
  platform: Platform,
  at: number,
  customer: Customer,
  priceSlug: string | null,
  card: TestCard,
): void {
  const session = openCheckout(platform, at, {
    type: 'product',
    customerExternalId: customer.externalId,
    priceSlug: priceSlug ?? undefined,
    quantity: 1,
    preserveBillingCycleAnchor: false,
    successUrl: platform.url,
    cancelUrl: platform.url,
  })
  completeCheckout(platform, at, session, {
    name: customer.name,
    email: customer.email,
    address: testPayer.address,
    card,
  })
}

/** For each meter, records three events that use the given share of the meter's balance. */
function useShare(platform: Platform, at: number, customer: Customer, share: number): void {
  const { db } = platform
  const [subscription] = currentSubscriptions(platform, customer.id)
  if (!subscription) return
  for (const { usageMeterId, balance } of db.ledgerAccounts.by('subscription', subscription.id)) {
    const meter = db.usageMeters.get(usageMeterId)
    const price = db.prices.by('meter', meter.id).find((p) => p.isDefault && p.active)
    if (!price) continue
    for (const [i, part] of [0.5, 0.3, 0.2].entries()) {
      const amount = Math.ceil(balance * share * part)
      if (amount <= 0) continue
      recordUsage(platform, at, {
        subscription,
        meter,
        price,
        amount,
        transactionId: `seed-${customer.externalId}-${meter.slug}-${i + 1}`,
        usageDate: at,
        properties: { example: i + 1 },
      })
    }
  }
}
