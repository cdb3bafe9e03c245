import { z } from 'zod'
import type { Snapshot } from '../ledger/commands.ts'

const invoice = z.object({
  subscriptionId: z.string().nullish(),
  status: z.string(),
  subtotal: z.number().nullish(),
  billingPeriodStartDate: z.number().nullish(),
  dueDate: z.number().nullish(),
  createdAt: z.number().nullish(),
  updatedAt: z.number().nullish(),
})

export const invoices = z.array(z.object({ invoice }))

/**
 * The statuses of settled invoices. A void invoice counts as settled, because the merchant has waived it. A
 * refund doesn't make an invoice unpaid.
 */
const settled: ReadonlySet<string> = new Set(['paid', 'void', 'partially_refunded', 'fully_refunded'])
const unpaid: ReadonlySet<string> = new Set(['open', 'uncollectible'])

/**
 * Returns the start of the invoice's period. If the invoice has no period, returns its due date or creation
 * time.
 */
export const invoicedFrom = ({
  billingPeriodStartDate,
  dueDate,
  createdAt,
}: Pick<z.infer<typeof invoice>, 'billingPeriodStartDate' | 'dueDate' | 'createdAt'>): number =>
  billingPeriodStartDate ?? dueDate ?? createdAt ?? 0

/**
 * Returns a subscription's unpaid invoices. Leaves out open invoices that are older than a settled invoice,
 * because Flowglad doesn't collect them.
 */
export function unpaidOf<Invoice extends z.infer<typeof invoice>>(own: Invoice[]): Invoice[] {
  const settledFor = newest(own.filter(({ status }) => settled.has(status)).map(invoicedFrom))
  return own.filter(
    (invoice) => unpaid.has(invoice.status) && (settledFor === null || invoicedFrom(invoice) > settledFor),
  )
}

type Payment = NonNullable<NonNullable<Snapshot['subscription']>['payment']>

/** Summarizes the invoices of a subscription. */
export function paymentOf(
  subscription: {
    id: string
    updatedAt?: number | null | undefined
    currentBillingPeriodStart?: number | null | undefined
  },
  reported: z.infer<typeof invoices>,
): Payment {
  const own = reported
    .map(({ invoice }) => invoice)
    .filter(({ subscriptionId }) => subscriptionId === subscription.id)
  const settledFor = newest(own.filter(({ status }) => settled.has(status)).map(invoicedFrom))
  const open = unpaidOf(own)
  const { updatedAt, currentBillingPeriodStart } = subscription
  const times = own.map((invoice) => invoice.updatedAt ?? 0)
  return {
    unpaidSince: open.length === 0 ? null : Math.min(...open.map(invoicedFrom)),
    settledFor,
    hasPaid: own.some(
      ({ status, subtotal }) => settled.has(status) && status !== 'void' && (subtotal ?? 1) > 0,
    ),
    reportedAt: Math.max(updatedAt ?? 0, currentBillingPeriodStart ?? 0, ...times),
  }
}

const newest = (times: number[]) => (times.length === 0 ? null : Math.max(...times))
