import type {
  BalanceRow,
  BillingStatement,
  PaymentItem,
  PaymentRow,
  PlanSummary,
} from '@metered/billing/client'
import { formatDay, formatNumber } from '../format/format.ts'
import { amountOf, type Meter, titleOf, unitOf, unitsOf } from '../format/meters.ts'
import { nextOfCredits } from './nextOfCredits.ts'
import { creditsOffer, currentOffer, type Offer, planThatKeepsPacks } from './offers.ts'

type Row = BalanceRow<Meter>
type Plan = PlanSummary | null | undefined
type Statement = BillingStatement<Meter> | undefined

interface CreditParts {
  plan: number
  packs: number
  /** Units that an operator added. */
  added: number
}

/**
 * Returns the units left from the plan, from packs and from operators, in the order in which they are used. Returns null
 * if all are from the plan, if the meter is unlimited, or if the plan isn't known yet. Without the statement, the result
 * for a paid plan is an estimate.
 */
export function creditParts(
  row: Row,
  offers: Offer[] | undefined,
  plan: Plan,
  statement: Statement,
): CreditParts | null {
  const { available, adjusted } = row
  const beyond = beyondPlan(row, offers, plan, statement)
  if (available === null || beyond === null) return null
  const added = Math.min(available, Math.max(0, adjusted))
  const packs = Math.max(0, Math.min(available - added, beyond - settledUnits(row, plan, statement)))
  return packs + added > 0 ? { plan: available - packs - added, packs, added } : null
}

/**
 * Returns whether the balance's parts can be told apart only with the statement. The statement contains prorated grants,
 * and the last period's extra units with their payments. A free plan has neither.
 */
export function needsStatement(row: Row, offers: Offer[] | undefined, plan: Plan): boolean {
  const beyond = beyondPlan(row, offers, plan, undefined)
  return beyond !== null && (beyond !== 0 || plan?.pastDue?.state === 'grace') && !plan?.isFree
}

/** Says that a balance includes extra units that the customer has paid for. Returns null if there are none. */
export function settledText(
  row: Row,
  offers: Offer[] | undefined,
  plan: Plan,
  statement: Statement,
): string | null {
  const beyond = beyondPlan(row, offers, plan, statement) ?? 0
  const units = Math.min(settledUnits(row, plan, statement), beyond)
  if (units <= 0) return null
  const extra = `Includes ${formatNumber(units)} extra ${unitOf(row.meter, units)}`
  return paidExtra(row, statement, (payment) => isChangeInPeriod(payment, plan)) > 0
    ? `${extra} that you've paid for.`
    : `${extra} from your last period, which you've paid for.`
}

/**
 * Says that a balance includes extra units from the last period that are part of the overdue payment. Flowglad carries the
 * last period's negative balance into this period until the customer pays. Returns null if there are none.
 */
export function unpaidText({ meter, limit, used }: Row, plan: Plan, statement: Statement): string | null {
  if (limit === null || plan?.pastDue?.state !== 'grace') return null
  // Each attempt to charge the card is a payment with the same items, so use only one of them.
  const declined = statement?.payments.find(
    (payment) => payment.status === 'failed' && isForPeriod(payment, plan),
  )
  const units = Math.min(used, overageUnits(declined?.items ?? [], meter))
  if (units <= 0) return null
  return `Includes ${formatNumber(units)} extra ${unitOf(meter, units)} from your last period. When you pay, they'll no longer reduce this period's ${unitsOf(meter)}.`
}

/**
 * Returns the part of the limit beyond the plan's grant and the operators' units. Negative if the limit without the
 * operators' units is lower than the plan's grant. Null if the meter is unlimited, or if the plan isn't known yet.
 */
function beyondPlan(
  { meter, limit, adjusted }: Row,
  offers: Offer[] | undefined,
  plan: Plan,
  statement: Statement,
): number | null {
  const offer = creditsOffer(offers, plan)
  if (limit === null || offer === undefined) return null
  const regular = offer.grants
    .filter((grant) => grant.meter === meter)
    .reduce((sum, { amount }) => sum + amount, 0)
  // Prorated grants belong to the current plan, so they don't apply while the balances contain the default plan's grants.
  const prorated =
    offer === currentOffer(offers, plan) && statement?.prorated.find((it) => it.meter === meter)
  return limit - Math.max(0, adjusted) - (prorated ? prorated.granted : regular)
}

/**
 * Returns the extra units that the customer has paid for with this period's plan, or with a change to another plan in this
 * period. Flowglad grants the same number of units to offset the negative balance of the last period or the earlier plan.
 */
const settledUnits = (row: Row, plan: Plan, statement: Statement): number =>
  paidExtra(row, statement, (payment) => isForPeriod(payment, plan) || isChangeInPeriod(payment, plan))

/** Returns the extra units that the customer has paid for with these payments. */
const paidExtra = (
  { meter }: Row,
  statement: Statement,
  isCounted: (payment: PaymentRow<Meter>) => boolean,
): number =>
  (statement?.payments ?? [])
    .filter((payment) => payment.status === 'paid' && isCounted(payment))
    .reduce((sum, { items }) => sum + overageUnits(items, meter), 0)

/** Returns whether the payment is for a plan change in this period. */
const isChangeInPeriod = ({ items }: PaymentRow<Meter>, plan: Plan): boolean =>
  items.some((item) => item.kind === 'planChange' && item.until === plan?.renewsAt)

/** Returns whether the payment is for this period's plan. */
const isForPeriod = ({ items }: PaymentRow<Meter>, plan: Plan): boolean =>
  items.some((item) => item.kind === 'plan' && item.to === plan?.renewsAt)

const overageUnits = (items: PaymentItem<Meter>[], meter: Meter): number =>
  items.reduce((sum, item) => (item.kind === 'overage' && item.meter === meter ? sum + item.units : sum), 0)

/** Returns a function that describes a balance's parts. The function returns null if creditParts() returns null. */
function textOf(describe: (parts: CreditParts, row: Row, plan: Plan) => string) {
  return (row: Row, offers: Offer[] | undefined, plan: Plan, statement: Statement): string | null => {
    const parts = creditParts(row, offers, plan, statement)
    return parts && describe(parts, row, plan)
  }
}

/**
 * Returns the parts as text, such as `8 from your plan, 40 from packs. Plan credits renew on 28 December`. The renewal has
 * its own sentence, because the plan's whole grant renews, not only the units left.
 */
export const creditPartsText = textOf((parts, row, plan) => {
  const { event, at } = nextOfCredits(plan, row.renewsAt)
  const texts = [
    parts.plan > 0 && `${formatNumber(parts.plan)} from your plan`,
    parts.packs > 0 && `${formatNumber(parts.packs)} from packs`,
    parts.added > 0 && `${formatNumber(parts.added)} added by us`,
  ]
  return `${texts.filter(Boolean).join(', ')}${at === null ? '' : endOfParts(event, formatDay(at))}`
})

/**
 * Returns the remaining units that end with the plan because they don't renew, such as `50 pictures from packs and 5
 * added by us`. Returns null if all remaining units renew.
 */
export function extraText(
  row: Row,
  offers: Offer[] | undefined,
  plan: Plan,
  statement: Statement,
): string | null {
  const { meter } = row
  const { added } = creditParts(row, offers, plan, statement) ?? { added: 0 }
  const packs = packUnits(row, offers, plan, statement)
  if (packs === 0) return added === 0 ? null : `${amountOf(meter, added)} added by us`
  const fromPacks = `${amountOf(meter, packs)} from packs`
  return added === 0 ? fromPacks : `${fromPacks} and ${formatNumber(added)} added by us`
}

/** Returns the units left from packs, even if the meter is unlimited. */
export const packUnits = (row: Row, offers: Offer[] | undefined, plan: Plan, statement: Statement): number =>
  row.limit === null
    ? unlimitedPacks(row, statement)
    : (creditParts(row, offers, plan, statement)?.packs ?? 0)

const unlimitedPacks = ({ meter }: Row, statement: Statement): number =>
  statement?.unlimitedPacks.find((packs) => packs.meter === meter)?.units ?? 0

/** Says what happens to the units from packs on an unlimited meter. Returns null if there are none. */
export function unlimitedPacksText(
  row: Row,
  offers: Offer[] | undefined,
  plan: Plan,
  statement: Statement,
): string | null {
  const units = row.limit === null ? unlimitedPacks(row, statement) : 0
  if (units === 0 || !plan) return null
  const packs = `${formatNumber(units)} from packs`
  const { event, at } = nextOfCredits(plan, row.renewsAt)
  if (event !== 'renew')
    return `${packs}${at === null ? '' : ` until ${formatDay(at)}`}${event === 'endUnpaid' ? ' unless you pay' : ''}.`
  const keeper = planThatKeepsPacks(offers, plan)
  return keeper
    ? `${packs}. You'll keep them if you downgrade to ${keeper}, but ${unitsOf(row.meter)} on ${plan.name} also use them up.`
    : `${packs}. ${titleOf(row.meter)} on ${plan.name} also use them up.`
}

/** Says when the plan's credits renew, or when all credits end. A plan's end also ends the credits of packs. */
function endOfParts(event: ReturnType<typeof nextOfCredits>['event'], day: string): string {
  switch (event) {
    case 'renew':
      return `. Plan credits renew on ${day}`
    case 'end':
      return `, until ${day}`
    case 'endUnpaid':
      return `, until ${day} unless you pay`
    default:
      return event satisfies never
  }
}
