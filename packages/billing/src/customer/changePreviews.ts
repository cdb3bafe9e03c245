import { z } from 'zod'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError, unavailable } from '../contract/errors.ts'
import type { PlanOffer } from '../contract/plans.ts'
import type { ChangePreview } from '../contract/statement.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { Throttle } from '../flowglad/throttle.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { askFlowglad } from './askFlowglad.ts'
import type { Subscription } from './currentSubscription.ts'
import { decidePlanChange } from './decidePlanChange.ts'
import { wasDiscounted } from './nextInvoice.ts'
import { type Granted, proratedAfter } from './proratedGrants.ts'
import type { Statements } from './statements.ts'

const answer = z.object({
  canAdjust: z.boolean(),
  reason: z.string().nullish(),
  previewGeneratedAt: z.number(),
  prorationAmount: z.number().nullish(),
  currentPlanTotal: z.number().nullish(),
  newPlanTotal: z.number().nullish(),
  resolvedTiming: z.enum(['immediately', 'at_end_of_current_billing_period']).nullish(),
  effectiveDate: z.number().nullish(),
  percentThroughBillingPeriod: z.number().nullish(),
  billingPeriodEnd: z.number().nullish(),
  paymentMethod: z
    .object({ type: z.string(), brand: z.string().nullish(), last4: z.string().nullish() })
    .nullish(),
})

interface Parts {
  ledger: Pick<LedgerForCalls, 'balances'>
  flowglad: Pick<FlowgladClient, 'previewAdjust'>
  statements: Pick<Statements, 'current' | 'unbilled'>
  /** Limits each customer's requests to Flowglad. */
  throttle: Pick<Throttle, 'take'>
}

/**
 * Creates the function that returns what a change to another paid plan would charge and grant. The function
 * changes nothing. It rejects with `BILLING_UNAVAILABLE` if the customer requests previews too often.
 */
export function createPreviewChange({ ledger, flowglad, statements, throttle }: Parts) {
  return async (customer: Customer, wanted: PlanOffer, offers: PlanOffer[]): Promise<ChangePreview> => {
    const { snapshot, balances } = await ledger.balances(customer.id)
    const subscription = snapshot?.subscription
    if (!subscription) throw new PlanChangeError('You have no plan to change. Choose a plan first.')
    if (wanted.kind !== 'plan') throw new PlanChangeError("A pack can't replace your plan. Choose a plan.")
    const plan = { ...subscription, isPastDue: snapshot.pastDue !== null }
    if (decidePlanChange(plan, wanted.priceSlug) !== 'adjust') {
      throw new PlanChangeError(`${wanted.name} is already your plan. Choose another plan.`)
    }
    const current = offers.find(
      ({ kind, priceSlug }) => kind === 'plan' && priceSlug === subscription.priceSlug,
    )
    const { priceSlug, currency, unitPrice } = wanted
    if (!throttle.take(customer.id)) throw unavailable(1_000)
    const asked = flowglad.previewAdjust(subscription.id, priceSlug)
    const [preview, unbilled] = await Promise.all([
      askFlowglad(asked.then((given) => answer.parse(given))),
      statements.unbilled(customer, subscription, { offer: current, offers }),
    ])
    const known = statements.current(customer)
    const granted = { subscription, offers, balances, report: known?.report ?? null }
    const { previewGeneratedAt: now, billingPeriodEnd, paymentMethod } = preview
    const { brand = null, last4 = null } = paymentMethod ?? {}
    const base = {
      currency,
      price: preview.newPlanTotal ?? unitPrice,
      nextChargeAt: billingPeriodEnd ?? subscription.periodEnd,
      method: paymentMethod ? { type: paymentMethod.type, brand, last4 } : (known?.method ?? null),
    }
    if (!preview.canAdjust) {
      if (subscription.cancelScheduledAt === null) {
        throw new PlanChangeError(preview.reason ?? "Your plan can't be changed now. Try again later.")
      }
      // If the current plan is no longer for sale and its price is unknown, the charge can't be estimated.
      const before = known?.price ?? current?.unitPrice
      if (before === undefined) throw unavailable(1_000)
      return withOverage({ ...base, ...estimate({ before, current, wanted, now, granted }) }, unbilled)
    }
    if (preview.resolvedTiming === 'at_end_of_current_billing_period') {
      const effectiveAt = preview.effectiveDate ?? subscription.periodEnd ?? now
      return withOverage({ ...base, ...later(effectiveAt) }, unbilled)
    }
    const elapsed = preview.percentThroughBillingPeriod ?? 0
    const charge = preview.prorationAmount ?? 0
    const isDiscounted = known !== null && wasDiscounted(subscription, known.report)
    const prices = { before: preview.currentPlanTotal ?? current?.unitPrice ?? 0, after: base.price }
    return withOverage(
      {
        ...base,
        timing: 'now',
        effectiveAt: preview.effectiveDate ?? now,
        charge,
        // With a discount, the difference also includes the discount, so the credit is unknown.
        credit: isDiscounted ? 0 : Math.max(0, Math.round(base.price * (1 - elapsed)) - charge),
        isEstimate: charge > 0 && movesSoon(prices, elapsed, subscription),
        prorated: proratedAfter(wanted, current, granted, elapsed),
      },
      unbilled,
      isDiscounted,
    )
  }
}

/**
 * Adds to a preview the usage that the plan change bills, because Flowglad's preview doesn't contain this usage. A
 * change that charges nothing doesn't bill it. But if a discount covers the whole prorated price, the change can still
 * bill the usage. Flowglad applies the discount to the usage too.
 */
function withOverage(
  preview: Omit<ChangePreview, 'overage' | 'isMaximum'>,
  { overage, isMaximum }: Awaited<ReturnType<Statements['unbilled']>>,
  isDiscounted = false,
): ChangePreview {
  const isCharged = preview.charge > 0 || isDiscounted
  if (!isCharged || overage.length === 0) return { ...preview, overage: [], isMaximum: false }
  const charge = overage.reduce((sum, { amount }) => sum + amount, preview.charge)
  return { ...preview, charge, overage, isMaximum: isMaximum || isDiscounted }
}

/** A change within this time after its preview charges the previewed amount, unless `isEstimate` is set. */
const promisedMs = 90_000

/**
 * Returns whether the charge of a plan change can differ by a cent before `promisedMs` have passed. Flowglad computes the
 * charge at the time of the change, and rounds the old plan's price for the elapsed time and the new plan's price for the
 * remaining time separately.
 */
function movesSoon(
  { before, after }: { before: number; after: number },
  elapsed: number,
  { periodStart, periodEnd }: Pick<Subscription, 'periodStart' | 'periodEnd'>,
): boolean {
  if (periodStart === null || periodEnd === null || periodEnd <= periodStart) return true
  const later = Math.min(1, elapsed + promisedMs / (periodEnd - periodStart))
  return (
    Math.round(before * elapsed) !== Math.round(before * later) ||
    Math.round(after * (1 - elapsed)) !== Math.round(after * (1 - later))
  )
}

const later = (effectiveAt: number) => ({
  timing: 'periodEnd' as const,
  effectiveAt,
  charge: 0,
  credit: 0,
  isEstimate: false,
  prorated: [],
})

/**
 * Estimates the charge with Flowglad's formula. Flowglad gives no preview while a cancellation is scheduled,
 * although the change would undo the cancellation.
 */
function estimate({
  before,
  current,
  wanted,
  now,
  granted,
}: {
  /** The current plan's price. */
  before: number
  current: PlanOffer | undefined
  wanted: PlanOffer
  now: number
  granted: Granted
}) {
  const { periodStart, periodEnd } = granted.subscription
  if (wanted.unitPrice < before) return { ...later(periodEnd ?? now), isEstimate: true }
  const length = (periodEnd ?? now) - (periodStart ?? now)
  const elapsed = length > 0 ? Math.min(1, Math.max(0, (now - (periodStart ?? now)) / length)) : 0
  const rest = Math.round(wanted.unitPrice * (1 - elapsed))
  // Subtract the current plan's price, which has been paid for the whole period.
  const charge = Math.max(0, Math.round(before * elapsed) + rest - before)
  return {
    timing: 'now' as const,
    effectiveAt: now,
    charge,
    credit: Math.max(0, rest - charge),
    isEstimate: true,
    prorated: proratedAfter(wanted, current, granted, elapsed),
  }
}
