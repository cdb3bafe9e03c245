import fc from 'fast-check'
import { expect, it } from 'vitest'
import { catchUp } from '../src/billing/renew.ts'
import { currentSubscriptions } from '../src/billing/subscriptions.ts'
import { testCards } from '../src/billing/testCards.ts'
import { Database } from '../src/database/Database.ts'
import type { Payment } from '../src/database/records/payments.ts'
import type { BillingPeriod, Subscription } from '../src/database/records/subscriptions.ts'
import { createClock } from '../src/platform/clock.ts'
import type { Platform } from '../src/platform/Platform.ts'
import { installPricingModel } from '../src/pricing/installPricingModel.ts'
import { checkPricing } from '../src/pricing/parsePricing.ts'
import { buildServer } from '../src/server.ts'
import { createWebhookSender } from '../src/webhooks/createWebhookSender.ts'
import { dayMs } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

/**
 * Creates a server whose database the test can read. The test injects its HTTP requests, so the server needs
 * no port.
 */
function openPlatform() {
  const db = new Database(null)
  const clock = createClock({ source: () => Date.UTC(2027, 0, 31) })
  const platform: Platform = {
    db,
    clock,
    organizationId: 'org_local',
    pricingModelId: '',
    url: 'http://127.0.0.1',
    hasReceiver: false,
  }
  db.transaction(() => {
    platform.pricingModelId = installPricingModel(platform, clock.now(), checkPricing(studioPricing)).id
  })
  const advance = (ms: number) => {
    clock.advance(ms)
    db.transaction(() => catchUp(platform, clock.now()))
  }
  const app = buildServer({
    organizations: new Map([
      [
        'key',
        {
          key: 'key',
          platform,
          conditions: { latencyMs: 0, fault: 'none' },
          webhooks: createWebhookSender(platform, null),
        },
      ],
    ]),
    testControls: true,
    beforeRequest: () => {},
    advance,
    addKey: () => ({ key: 'key' }),
  })
  const headers = { authorization: 'key', host: '127.0.0.1', 'content-type': 'application/json' }
  const ask = async (method: 'POST' | 'PUT' | 'GET', url: string, body: object = {}) =>
    (await app.inject({ method, url: `/api/v1${url}`, headers, ...(method !== 'GET' && { body }) })).json()
  const form = async (url: string, fields: Record<string, string>) =>
    (
      await app.inject({
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      })
    ).statusCode
  return { platform, db, ask, form, advance }
}

type Opened = ReturnType<typeof openPlatform>

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)
const amountOf = ({ price, quantity }: { price: number; quantity: number }) => price * quantity
const wasPaid = ({ status }: Payment) => status === 'succeeded' || status === 'refunded'

/** Checks the invariants of all records. */
function audit(opened: Opened): void {
  const { db, platform } = opened
  for (const account of db.ledgerAccounts.all()) {
    const ofAccount = ({ usageMeterId }: { usageMeterId: string }) => usageMeterId === account.usageMeterId
    const entries = db.ledgerEntries.by('subscription', account.subscriptionId).filter(ofAccount)
    const credits = db.usageCredits.by('subscription', account.subscriptionId).filter(ofAccount)
    // The balance is the remaining credits minus the outstanding usage.
    expect(account.balance).toBe(sum(entries.map(({ amount }) => amount)))
    expect(account.balance).toBe(
      sum(credits.map(({ remaining }) => remaining)) - sum(Object.values(account.outstanding)),
    )
    for (const { issued, remaining } of credits) expect(remaining >= 0 && remaining <= issued).toBe(true)
  }
  const settled = [...db.usageCredits.all()].filter(({ source }) => source === 'overage_settlement')
  const soldUsage = [...db.invoiceLineItems.all()].filter(
    (line) => line.type === 'usage' && db.invoices.get(line.invoiceId).status === 'paid',
  )
  expect(sum(settled.map(({ issued }) => issued))).toBe(
    sum(soldUsage.map(({ ledgerAccountCredit }) => ledgerAccountCredit ?? 0)),
  )
  for (const invoice of db.invoices.all()) {
    const lines = db.invoiceLineItems.by('invoice', invoice.id)
    const payments = db.payments.by('invoice', invoice.id)
    const paid = payments.filter(wasPaid)
    const change = lines.findLast(({ description }) => description.startsWith('Proration:'))
    const usage = lines.filter(({ type }) => type === 'usage')
    const discount = sum(lines.map(amountOf)) - invoice.subtotal
    // A plan change's invoice repeats the period's lines, but the payment covers only the difference and the
    // overage. A discount can apply to all lines.
    const most = change ? change.price + sum(usage.map(amountOf)) : invoice.subtotal
    const least = change ? Math.max(0, most - discount) : invoice.subtotal
    expect(discount).toBeGreaterThanOrEqual(0)
    expect(invoice.subtotal).toBeGreaterThanOrEqual(0)
    expect(paid.length).toBeLessThanOrEqual(1)
    if (paid.length > 0 || most === 0) expect(invoice.status).toBe('paid')
    else if (least > 0) expect(invoice.status).toBe('open')
    for (const payment of payments) {
      expect(payment.subtotal).toBe(invoice.subtotal)
      expect(payment.amount).toBeGreaterThanOrEqual(least)
      expect(payment.amount).toBeLessThanOrEqual(most)
      expect((payment.refundedAmount ?? 0) <= payment.amount).toBe(true)
    }
  }
  for (const period of db.billingPeriods.all()) {
    const invoices = db.invoices
      .by('subscription', period.subscriptionId)
      .filter(({ billingPeriodId }) => billingPeriodId === period.id)
    const kept = invoices
      .flatMap(({ id }) => db.payments.by('invoice', id))
      .filter(wasPaid)
      .map(({ amount, refundedAmount }) => amount - (refundedAmount ?? 0))
    const usage = invoices
      .flatMap(({ id }) => db.invoiceLineItems.by('invoice', id))
      .filter(({ type }) => type === 'usage')
    expect(sum(kept)).toBeLessThanOrEqual(dearestPlan(opened, period) + sum(usage.map(amountOf)) + 1)
  }
  for (const customer of db.customers.all())
    expect(currentSubscriptions(platform, customer.id).length).toBeLessThanOrEqual(1)
  for (const credit of db.usageCredits.all()) {
    const subscription = db.subscriptions.get(credit.subscriptionId)
    if (credit.source !== 'plan' || isGiven(subscription)) continue
    const invoices = db.invoices.by('subscription', subscription.id)
    expect(invoices.some(({ status }) => status === 'paid')).toBe(true)
  }
}

/** Returns the highest total price of the subscription's items during a billing period. */
function dearestPlan({ db }: Opened, { subscriptionId, startDate, endDate }: BillingPeriod): number {
  const items = db.subscriptionItems.by('subscription', subscriptionId)
  const totalAt = (at: number) =>
    sum(
      items
        .filter(({ addedDate, expiredAt }) => addedDate <= at && (expiredAt === null || expiredAt > at))
        .map(({ unitPrice, quantity }) => unitPrice * quantity),
    )
  const changes = items.map(({ addedDate }) => addedDate).filter((at) => at >= startDate && at < endDate)
  return Math.max(...[startDate, ...changes].map(totalAt))
}

/**
 * Returns whether a subscription gets credits without a payment: on a free plan, during a trial, or if it is
 * never charged.
 */
const isGiven = ({ isFreePlan, trialEnd, doNotCharge }: Subscription) =>
  isFreePlan || trialEnd !== null || doNotCharge

const slugs = ['team_price', 'agency_price', 'weekly_price', 'trial_price'] as const
// Two of the values are the card that fails on renewals, to make such failures more likely.
const card = fc.constantFrom(...testCards.map(({ number }) => number), '4000000000000341' as const)
const quantity = fc.integer({ min: 1, max: 3 })
const plan = fc.record({ priceSlug: fc.constantFrom(...slugs), quantity })
const timing = fc.constantFrom('immediately', 'at_end_of_current_billing_period')

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      amount: fc.integer({ min: 1, max: 4000 }),
      usageMeterSlug: fc.constantFrom('render', 'exports'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.oneof(fc.nat(6), fc.nat(40)) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('buy' as const),
      plan,
      card,
      code: fc.constantFrom('', 'TENTH', 'ALL'),
      preserveBillingCycleAnchor: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('topUp' as const),
      quantity,
      card,
      code: fc.constantFrom('', 'TENTH', 'ALL'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      items: fc.array(plan, { minLength: 1, maxLength: 2 }),
      timing: fc.constantFrom('auto', 'immediately', 'at_end_of_current_billing_period'),
      prorate: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('subscribe' as const), plan, doNotCharge: fc.boolean() }),
  fc.record({ do: fc.constant('card' as const), card }),
  fc.record({ do: fc.constant('activate' as const), card }),
  fc.record({ do: fc.constant('cancel' as const), timing }),
  fc.record({ do: fc.constant('resume' as const) }),
  fc.record({ do: fc.constant('keep' as const) }),
  fc.record({
    do: fc.constant('refund' as const),
    which: fc.nat(9),
    partialAmount: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const urls = { successUrl: 'http://127.0.0.1/s', cancelUrl: 'http://127.0.0.1/c' }

async function take(
  { db, ask, form, advance }: Opened,
  next: Step,
  customerExternalId: string,
  time: number,
) {
  const newest = [...db.subscriptions.all()].at(-1)?.id ?? ''
  const checkout = async (session: object, number: string, code = '') => {
    const { checkoutSession } = await ask('POST', '/checkout-sessions', {
      checkoutSession: { ...urls, customerExternalId, ...session },
    })
    if (!checkoutSession) return
    const page = `/checkout/${checkoutSession.id}`
    if (code) await form(`${page}/discount`, { code })
    await form(page, { name: 'A', email: 'a', card: number, confirmed: 'yes' })
  }
  switch (next.do) {
    case 'use': {
      const { amount, usageMeterSlug } = next
      const usageEvent = { subscriptionId: newest, transactionId: `t${time}`, amount, usageMeterSlug }
      return ask('POST', '/usage-events', { usageEvent })
    }
    case 'wait':
      return advance(next.days * dayMs + 1)
    case 'buy': {
      const { preserveBillingCycleAnchor } = next
      return checkout({ type: 'product', ...next.plan, preserveBillingCycleAnchor }, next.card, next.code)
    }
    case 'topUp':
      return checkout(
        { type: 'product', priceSlug: 'render_pack', quantity: next.quantity },
        next.card,
        next.code,
      )
    case 'adjust':
      return ask('POST', `/subscriptions/${newest}/adjust`, {
        adjustment: {
          timing: next.timing,
          newSubscriptionItems: next.items,
          prorateCurrentBillingPeriod: next.prorate,
        },
      })
    case 'subscribe':
      return ask('POST', '/subscriptions', {
        customerExternalId,
        ...next.plan,
        doNotCharge: next.doNotCharge,
      })
    case 'card':
      return checkout({ type: 'add_payment_method', targetSubscriptionId: newest }, next.card)
    case 'activate':
      return checkout({ type: 'activate_subscription', targetSubscriptionId: newest }, next.card)
    case 'cancel':
      return ask('POST', `/subscriptions/${newest}/cancel`, { cancellation: { timing: next.timing } })
    case 'resume':
      return ask('POST', `/subscriptions/${newest}/uncancel`)
    case 'keep':
      return ask('POST', `/subscriptions/${newest}/cancel-scheduled-adjustment`)
    case 'refund': {
      const payment = [...db.payments.all()].at(-1 - next.which)
      const { partialAmount } = next
      return payment && ask('POST', `/payments/${payment.id}/refund`, partialAmount ? { partialAmount } : {})
    }
    default:
      return next satisfies never
  }
}

const team = { priceSlug: 'team_price', quantity: 1 } as const

/**
 * Changes the plan while an invoice is open. A retry will collect the invoice, so the change must not charge
 * the invoice's amount again.
 */
const changedWhilePastDue: Step[] = [
  { do: 'buy', plan: team, card: '4000000000000341', code: '', preserveBillingCycleAnchor: false },
  { do: 'wait', days: 29 },
  { do: 'card', card: '4242424242424242' },
  { do: 'adjust', items: [{ ...team, priceSlug: 'agency_price' }], timing: 'immediately', prorate: true },
  { do: 'wait', days: 4 },
]

/** Changes the plan after the last retry of an invoice with overage. The customer can still pay the invoice. */
const changedAfterRetries: Step[] = [
  { do: 'buy', plan: team, card: '4000000000000341', code: '', preserveBillingCycleAnchor: false },
  { do: 'use', amount: 615, usageMeterSlug: 'render' },
  { do: 'wait', days: 29 },
  { do: 'wait', days: 14 },
  { do: 'card', card: '4242424242424242' },
  { do: 'use', amount: 700, usageMeterSlug: 'render' },
  { do: 'adjust', items: [{ ...team, priceSlug: 'agency_price' }], timing: 'immediately', prorate: true },
  { do: 'activate', card: '4242424242424242' },
]

/**
 * Changes a plan that was free because of a discount. Nothing was paid, so the change charges the previewed
 * amount.
 */
const changedAfterAGift: Step[] = [
  { do: 'buy', plan: team, card: '4242424242424242', code: 'ALL', preserveBillingCycleAnchor: false },
  { do: 'adjust', items: [team], timing: 'auto', prorate: true },
]

it('keeps invoices, payments, credits and the ledger consistent after any sequence of operations', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const opened = openPlatform()
      const { ask } = opened
      await ask('POST', '/customers', { customer: { externalId: 'ada', name: 'A', email: 'a' } })
      for (const [code, amount] of [
        ['TENTH', 10],
        ['ALL', 100],
      ])
        await ask('POST', '/discounts', {
          discount: { name: 'D', code, amount, amountType: 'percent', duration: 'once' },
        })
      for (const [time, next] of steps.entries()) {
        opened.advance(60_000)
        await take(opened, next, 'ada', time)
        audit(opened)
      }
    }),
    { numRuns: 25, examples: [[changedWhilePastDue], [changedAfterRetries], [changedAfterAGift]] },
  )
})
