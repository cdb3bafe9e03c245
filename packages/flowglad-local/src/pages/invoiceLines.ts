import type { InvoiceLineItem } from '../database/records/payments.ts'
import { count, day } from './format.ts'

/** The platform's texts on the invoice of a plan change, and of a plan that starts within a period. */
const change = /^Proration: .*\((\S+) to (\S+)\)$/
const prorated = /^Prorated: (.*) - Prorated charge .*\((\S+) to (\S+)\)$/
/** Matches the end of the platform's text on an invoice line for usage beyond the credits. */
const usagePrice = / per (\d+)$/

type Line = Pick<InvoiceLineItem, 'description' | 'price' | 'quantity' | 'type'>

interface ShownLine {
  text: string
  /** In cents. */
  amount: number
}

/**
 * Returns an invoice's lines as a customer reads them. The invoice of a plan change repeats lines that were paid for
 * earlier, so this returns only the line of the change.
 */
export function shownLines(lines: readonly Line[]): ShownLine[] {
  const changes = lines.filter(({ description }) => change.test(description))
  return (changes.length > 0 ? changes : lines).map((line) => ({
    text: textOf(line),
    amount: line.price * line.quantity,
  }))
}

function textOf({ description, quantity, type }: Line): string {
  const [, from = '', to = ''] = change.exec(description) ?? []
  if (from !== '') return `Plan change, ${period(from, to)}`
  const [, plan, start = '', end = ''] = prorated.exec(description) ?? []
  const name = plan ?? description.replace(usagePrice, (_, units) => ` per ${count(Number(units))}`)
  // The name of a plan with several seats already contains the quantity, as in "Team x 2".
  const named =
    quantity === 1 || (type === 'static' && name.includes(` x ${quantity}`))
      ? name
      : `${name} (× ${count(quantity)})`
  return plan === undefined ? named : `${named}, prorated for ${period(start, end)}`
}

const period = (from: string, to: string) => `${day(Date.parse(from))} – ${day(Date.parse(to))}`
