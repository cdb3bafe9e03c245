import type { PaymentItem, PaymentMethodSummary, PaymentRow } from '@metered/billing/client'
import { formatDay, formatMoney } from './format.ts'
import { amountOf, type Meter } from './meters.ts'

/** Returns a payment method's name, such as `Visa ending in 4242`. */
export function methodText({ type, brand, last4 }: PaymentMethodSummary): string {
  const words = (brand ?? type).replaceAll('_', ' ')
  const name = words.charAt(0).toUpperCase() + words.slice(1)
  return last4 === null ? name : `${name} ending in ${last4}`
}

/**
 * Returns whether a payment's card is unknown. Flowglad doesn't report the card of a one-time purchase. The card can be
 * new or saved. A new card doesn't become the customer's payment method.
 */
export const isCardUnknown = ({ method, items }: Pick<PaymentRow<Meter>, 'method' | 'items'>): boolean =>
  method?.last4 === null &&
  method.type === 'card' &&
  items.length > 0 &&
  items.every(({ kind }) => kind === 'pack' || kind === 'discount')

/** Returns the card or other method of a payment, such as `Visa ending in 4242`. */
export function paidWithText(payment: Pick<PaymentRow<Meter>, 'method' | 'items'>): string | null {
  if (payment.method === null) return null
  return isCardUnknown(payment) ? 'Card used at checkout' : methodText(payment.method)
}

/**
 * Describes one item of a payment, such as `Pro, 28 November – 28 December`. Marks the plan change of a declined payment
 * as declined, because the plan didn't change.
 */
export function itemText(item: PaymentItem<Meter>, status: PaymentRow['status'] = 'paid'): string {
  switch (item.kind) {
    case 'plan': {
      const period =
        item.from === null || item.to === null ? '' : `, ${formatDay(item.from)} – ${formatDay(item.to)}`
      return `${item.name}${period}${item.prorated ? ' (prorated)' : ''}`
    }
    case 'planChange':
      if (status === 'failed')
        return `${item.to === null ? 'Plan change' : `Upgrade to ${item.to}`}, declined`
      return item.to === null ? 'Plan change' : `Change to ${item.to}`
    case 'pack':
      return item.name
    case 'overage':
      return item.meter === null
        ? 'Extra usage'
        : `${amountOf(item.meter, item.units)} beyond ${item.plan ?? 'your plan'}`
    case 'discount':
      return 'Discount'
    default:
      return item satisfies never
  }
}

/**
 * Explains the amount of a plan change, because the amount differs from every plan's price. Returns one line for each
 * part, and the parts add up to the amount. If the parts are unknown, returns one sentence. Each line has the name that
 * the receipt uses.
 */
export function changeDetails(
  { to, until, parts }: Extract<PaymentItem<Meter>, { kind: 'planChange' }>,
  { at, currency }: Pick<PaymentRow<Meter>, 'at' | 'currency'>,
  payments: PaymentRow<Meter>[],
): string[] {
  const period = until === null ? null : `${formatDay(at)} – ${formatDay(until)}`
  if (to === null || period === null || parts === null)
    return [`For ${period ?? 'the rest of the period'}, minus credit for earlier payments`]
  const earlier = payments.filter((payment) => payment.at < at)
  const unused = unusedPlan(earlier, until)
  return [
    `${to}, ${period}: ${formatMoney(parts.plan, currency)}`,
    `${unused === null ? 'Credit for earlier payments' : `Unused ${unused}`}: −${formatMoney(parts.credit, currency)}`,
  ]
}

/**
 * Returns the name of the plan whose unused part alone makes up the credit of a plan change in the period that ends at
 * `until`. Returns null if other payments may contribute to the credit, for example after another change in the same
 * period.
 */
export function unusedPlan(payments: PaymentRow<Meter>[], until: number | null): string | null {
  const [payment, another] = payments.filter(
    ({ status, items }) =>
      status === 'paid' &&
      items.some(
        (item) =>
          (item.kind === 'plan' && item.to === until) || (item.kind === 'planChange' && item.until === until),
      ),
  )
  const [item, extra] = payment?.items ?? []
  if (!payment || another || extra || payment.refunded > 0) return null
  return item?.kind === 'plan' && !item.prorated ? item.name : null
}

/**
 * Combines declined tries that have the same invoice, card and amount into one entry: the newest try, and the number of
 * tries. Expects the newest payment first.
 */
export function foldDeclines(payments: PaymentRow<Meter>[]): { payment: PaymentRow<Meter>; tries: number }[] {
  const entries: { payment: PaymentRow<Meter>; tries: number }[] = []
  for (const payment of payments) {
    const newest = entries.find((entry) => isSameTry(entry.payment, payment))
    if (newest) newest.tries += 1
    else entries.push({ payment, tries: 1 })
  }
  return entries
}

const isSameTry = (newer: PaymentRow<Meter>, older: PaymentRow<Meter>): boolean =>
  newer.status === 'failed' &&
  older.status === 'failed' &&
  newer.invoiceNumber !== null &&
  newer.invoiceNumber === older.invoiceNumber &&
  newer.amount === older.amount &&
  paidWithText(newer) === paidWithText(older)

/** Returns a payment's state, such as `Paid` or `$5 refunded`. `tries` is the number of declined tries. */
export function statusText({ at, status, refunded, amount, currency }: PaymentRow<Meter>, tries = 1): string {
  if (refunded > 0) return refunded < amount ? `${formatMoney(refunded, currency)} refunded` : 'Refunded'
  switch (status) {
    case 'paid':
      return 'Paid'
    case 'pending':
      return 'Processing'
    case 'failed':
      return tries > 1
        ? `Declined ${tries} times, last on ${formatDay(at)}. Not charged.`
        : 'Declined, not charged'
    default:
      return status satisfies never
  }
}

/**
 * Returns a sentence such as `We charged $52.67 to Visa ending in 4242.` Omits the card if its last digits are
 * unknown.
 */
export function chargedText(
  charged:
    | {
        amount: number
        currency: string
        method: PaymentMethodSummary | null
        items?: PaymentItem<Meter>[]
      }
    | null
    | undefined,
): string | null {
  if (!charged) return null
  const { amount, currency, method, items = [] } = charged
  const to = isCardUnknown({ method, items })
    ? ' to the card that you used at checkout'
    : method === null || method.last4 === null
      ? ''
      : ` to ${methodText(method)}`
  return `We charged ${formatMoney(amount, currency)}${to}.`
}
