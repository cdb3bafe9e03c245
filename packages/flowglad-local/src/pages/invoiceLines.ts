import type { Invoice, InvoiceLineItem, PlanChange } from '../database/records/payments.ts'
import type { Platform } from '../platform/Platform.ts'
import { proratedPrice } from '../rules/proration.ts'
import { count, day, inSentence } from './format.ts'
import { namesOf, totalPrice } from './planTexts.ts'

/** The platform's texts on the invoice of a plan change, and of a plan that starts within a period. */
const changeText = /^Proration: .*\((\S+) to (\S+)\)$/
const prorated = /^Prorated: (.*) - Prorated charge .*\((\S+) to (\S+)\)$/
/** The platform's text on an invoice line for usage beyond the credits. */
const usageText = /^Usage: (.*) at (\S+) per (\d+)$/

type Line = Pick<InvoiceLineItem, 'description' | 'price' | 'quantity' | 'type' | 'ledgerAccountCredit'>

interface ShownLine {
  text: string
  /** In cents. */
  amount: number
}

/** A line of an invoice or a receipt, or a heading for the lines below it. A heading has no amount. */
type Part = ShownLine | { text: string; amount: null }

/**
 * Returns what an invoice charges, including its discount. The amounts add up to the amount that the customer pays. A
 * plan change's invoice repeats lines that were paid for earlier, including those of earlier changes. From such an
 * invoice, returns only the overage and the last change, because only these are new.
 */
export function invoiceParts(platform: Platform, invoice: Invoice): Part[] {
  const { db } = platform
  const lines = db.invoiceLineItems.by('invoice', invoice.id)
  const proration = lines.findLast(({ description }) => changeText.test(description))
  const change = db.billingRuns.find(invoice.billingRunId ?? '')?.change
  const parts = proration
    ? [
        ...changeParts(platform, proration, change),
        ...shownLines(lines.filter(({ type }) => type === 'usage')),
      ]
    : shownLines(lines)
  const total = parts.reduce((sum, { amount }) => sum + (amount ?? 0), 0)
  const due = proration ? (db.payments.by('invoice', invoice.id).at(-1)?.amount ?? 0) : invoice.subtotal
  return total > due ? [...parts, { text: 'Discount', amount: due - total }] : parts
}

/** Returns lines that explain the price of a plan change. Flowglad computes the price as in `proratedCharge`. */
function changeParts(
  platform: Platform,
  { description, price }: Line,
  change: PlanChange | undefined,
): Part[] {
  const [, start = '', end = ''] = changeText.exec(description) ?? []
  if (change === undefined) return [{ text: `Plan change, ${period(start, end)}`, amount: price }]
  const [before, after] = [namesOf(platform, change.from), namesOf(platform, change.to)]
  const rest = proratedPrice(totalPrice(change.to), change.elapsed)
  const credit = rest - price
  const parts: Part[] = [
    { text: `Change from ${before} to ${after}, prorated`, amount: null },
    { text: `${after}, ${period(start, end)}`, amount: rest },
  ]
  // The payments can differ from the plan's price, for example after an earlier change or a discount.
  if (credit > 0)
    parts.push({
      text: change.paid === totalPrice(change.from) ? `Unused ${before}` : 'Credit for earlier payments',
      amount: -credit,
    })
  if (credit < 0) parts.push({ text: `${before} until ${day(Date.parse(start))}`, amount: -credit })
  return parts
}

/** Returns an invoice's lines as a customer reads them. */
export const shownLines = (lines: readonly Line[]): ShownLine[] =>
  lines.map((line) => ({ text: textOf(line), amount: line.price * line.quantity }))

function textOf({ description, quantity, type, ledgerAccountCredit: used }: Line): string {
  const [, meter, price, units] = usageText.exec(description) ?? []
  if (meter !== undefined && used !== null) {
    const times = quantity === 1 ? '' : `${count(quantity)} × `
    return `${count(used)} ${inSentence(meter)} beyond the plan (${times}${price} per ${count(Number(units))})`
  }
  const [, plan, start = '', end = ''] = prorated.exec(description) ?? []
  const name = plan ?? description
  // The name of a plan with several seats already contains the quantity, as in "Team x 2".
  const named =
    quantity === 1 || (type === 'static' && name.includes(` x ${quantity}`))
      ? name
      : `${name} (× ${count(quantity)})`
  return plan === undefined ? named : `${named}, prorated for ${period(start, end)}`
}

const period = (from: string, to: string) => `${day(Date.parse(from))} – ${day(Date.parse(to))}`
