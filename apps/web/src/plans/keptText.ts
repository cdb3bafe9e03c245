import type { BillingStatement, PlanSummary } from '@metered/billing/client'
import { formatDate, formatDay, formatMoney, formatNumber } from '../format/format.ts'
import { type Meter, unitOf } from '../format/meters.ts'
import type { Offer } from './offers.ts'
import { mostOf } from './overage.ts'

type Statement = BillingStatement<Meter>

/**
 * Returns a sentence such as `If you keep Pro, you pay $22 on 30 January ($20 plus $2 for 1,500 extra look-ups).`, because
 * a canceled plan has no next invoice that shows the extra units. Returns null if the customer used no extra units.
 */
export function ifKeptText(
  { name, cancelsAt, pastDue }: PlanSummary,
  offer: Offer | undefined,
  statement: Statement | undefined,
): string | null {
  if (cancelsAt === null || pastDue !== undefined || !offer || !statement?.overage.length) return null
  const price = { amount: offer.unitPrice, currency: offer.currency }
  return `If you keep ${name}, you pay ${costText(price, statement.overage, formatDay(cancelsAt))}.`
}

/**
 * Confirms that the customer keeps a plan, such as `You keep Pro. You pay $20 on 30 January 2027.` Returns null if no
 * payment is planned.
 */
export function keptText({ name }: PlanSummary, statement: Statement | undefined): string | null {
  if (!statement?.next) return null
  const { at, plan, currency, earlierUsage } = statement.next
  const cost =
    earlierUsage.length > 0
      ? `up to ${formatMoney(mostOf(statement.next), currency)} on ${formatDate(at)}`
      : costText({ ...plan, currency }, statement.overage, formatDate(at))
  return `You keep ${name}. You pay ${cost}.`
}

function costText(
  { amount, currency }: { amount: number; currency: string },
  overage: Statement['overage'],
  day: string,
): string {
  const money = (cents: number) => formatMoney(cents, currency)
  const total = overage.reduce((sum, extra) => sum + extra.amount, amount)
  const extras = overage.map(
    (extra) =>
      ` plus ${money(extra.amount)} for ${formatNumber(extra.units)} extra ${unitOf(extra.meter, extra.units)}`,
  )
  return `${money(total)} on ${day}${extras.length > 0 ? ` (${money(amount)}${extras.join('')})` : ''}`
}
