import type { BillingStatement, NextInvoice, PlanSummary } from '@metered/billing/client'
import { formatDate, formatDay, formatMoney, formatNumber } from '../format/format.ts'
import { amountOf, type Meter, unitOf } from '../format/meters.ts'
import type { Offer } from './offers.ts'

type Statement = BillingStatement<Meter>

/**
 * Returns a sentence such as `If you keep Pro, you'll pay $22 on 30 January ($20 plus $2 for 1,500 extra look-ups).` A
 * canceled plan has no next invoice that shows the extra units. Returns null if the customer used no extra units.
 */
export function ifKeptText(
  { name, cancelsAt, pastDue }: PlanSummary,
  offer: Offer | undefined,
  statement: Statement | undefined,
): string | null {
  if (cancelsAt === null || pastDue !== undefined || !offer || !statement?.overage.length) return null
  const price = { amount: offer.unitPrice, currency: offer.currency }
  return `If you keep ${name}, you'll pay ${costText(price, statement.overage, ` on ${formatDay(cancelsAt)}`)}.`
}

/**
 * Confirms that the customer keeps a plan, such as `You keep Pro. You'll pay $20 on 30 January 2027.` Returns null if
 * no payment is planned.
 */
export function keptText({ name }: PlanSummary, statement: Statement | undefined): string | null {
  if (!statement?.next) return null
  return `You keep ${name}. You'll pay ${nextCostText(statement.next, statement, ` on ${formatDate(statement.next.at)}`)}.`
}

/**
 * Returns what the next invoice costs. If the cost differs from the plan's price, also returns the parts, such as
 * `$22 ($20 plus $2 for 1,500 extra look-ups)`. `day` follows the total.
 */
export function nextCostText(
  { plan, currency, earlierUsage }: NextInvoice<Meter>,
  { overage }: Statement,
  day = '',
): string {
  const earlier = earlierUsage.map(({ amount, meter, units, plan }) => ({
    amount,
    text: ` plus up to ${formatMoney(amount, currency)} for ${amountOf(meter, units)} beyond ${plan ?? 'your earlier plan'}`,
  }))
  const cost = costText({ ...plan, currency }, overage, day, earlier)
  return earlier.length > 0 ? `up to ${cost}` : cost
}

function costText(
  { amount, currency }: { amount: number; currency: string },
  overage: Statement['overage'],
  day: string,
  earlier: { amount: number; text: string }[] = [],
): string {
  const money = (cents: number) => formatMoney(cents, currency)
  const extras = overage.map((extra) => ({
    amount: extra.amount,
    text: ` plus ${money(extra.amount)} for ${formatNumber(extra.units)} extra ${unitOf(extra.meter, extra.units)}`,
  }))
  const parts = [...extras, ...earlier]
  const total = parts.reduce((sum, part) => sum + part.amount, amount)
  const reasons = parts.map(({ text }) => text).join('')
  return `${money(total)}${day}${reasons && ` (${money(amount)}${reasons})`}`
}
