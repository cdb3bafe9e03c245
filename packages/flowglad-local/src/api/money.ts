import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Payment } from '../database/records/payments.ts'
import type { Table } from '../database/Table.ts'
import { rejected, rejectedPanic } from '../platform/problems.ts'
import { presentInvoice, presentInvoiceLineItem, presentPaymentMethod, presentPurchase } from './invoices.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'

const presentPayment = (payment: Payment): Flowglad.PaymentClientSelectSchema => payment

function retrieve<R extends { id: string }>(table: Table<R>, id: string | undefined, noun: string): R {
  const record = table.find(id ?? '')
  if (!record) throw rejectedPanic('NotFoundError', `No ${noun} found with id: ${id}`)
  return record
}

/** Adds the routes that read invoices, payments, payment methods and purchases, and the route for refunds. */
export function moneyRoutes(route: Route): void {
  route(
    'GET',
    '/invoices',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.db.invoices, query, presentInvoice) satisfies PageOf<Flowglad.InvoiceListResponse>,
  )
  route('GET', '/invoices/:id', {}, ({ platform, params }) => {
    const { db } = platform
    const invoice = db.invoices.find(params.id ?? '')
    // The platform doesn't check whether the invoice exists, so the response for a missing invoice fails
    // validation.
    if (!invoice) throw rejected('Output validation failed')
    return {
      invoice: presentInvoice(invoice),
      invoiceLineItems: db.invoiceLineItems.by('invoice', invoice.id).map(presentInvoiceLineItem),
    } satisfies Flowglad.InvoiceRetrieveResponse
  })

  route(
    'GET',
    '/invoice-line-items',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.invoiceLineItems,
        query,
        presentInvoiceLineItem,
      ) satisfies PageOf<Flowglad.InvoiceLineItemListResponse>,
  )
  route(
    'GET',
    '/invoice-line-items/:id',
    {},
    ({ platform, params }) =>
      presentInvoiceLineItem(
        retrieve(platform.db.invoiceLineItems, params.id, 'invoice line items'),
      ) satisfies Flowglad.InvoiceLineItemRetrieveResponse,
  )

  route(
    'GET',
    '/payment-methods',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.paymentMethods,
        query,
        presentPaymentMethod,
      ) satisfies PageOf<Flowglad.PaymentMethodListResponse>,
  )
  route(
    'GET',
    '/payment-methods/:id',
    {},
    ({ platform, params }) =>
      ({
        paymentMethod: presentPaymentMethod(
          retrieve(platform.db.paymentMethods, params.id, 'payment methods'),
        ),
      }) satisfies Flowglad.PaymentMethodRetrieveResponse,
  )

  route('GET', '/purchases/:id', {}, ({ platform, params }) => ({
    purchase: presentPurchase(retrieve(platform.db.purchases, params.id, 'purchases')),
  }))

  route(
    'GET',
    '/payments',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.db.payments, query, presentPayment) satisfies PageOf<Flowglad.PaymentListResponse>,
  )
  route(
    'GET',
    '/payments/:id',
    {},
    ({ platform, params }) =>
      ({
        payment: presentPayment(retrieve(platform.db.payments, params.id, 'payments')),
      }) satisfies Flowglad.PaymentRetrieveResponse,
  )
  route(
    'POST',
    '/payments/:id/refund',
    { body: z.object({ partialAmount: z.number().optional() }) },
    ({ platform, now, params, body }) => {
      const { db } = platform
      const payment = retrieve(db.payments, params.id, 'payments')
      const before = payment.refundedAmount ?? 0
      const amount = body.partialAmount ?? payment.amount - before
      rejectInvalidRefund(payment, amount)
      const refundedAmount = before + amount
      const refunded = refundedAmount === payment.amount
      return {
        payment: presentPayment(
          db.payments.patch(payment.id, {
            refunded,
            refundedAmount,
            refundedAt: now,
            status: refunded ? 'refunded' : 'succeeded',
            updatedAt: now,
          }),
        ),
      } satisfies Flowglad.PaymentRefundResponse
    },
  )
}

const dollars = (cents: number) => `$${(cents / 100).toFixed(2)}`

/**
 * Rejects an invalid refund with the platform's error messages. The last three messages come from the
 * platform's payment processor.
 */
function rejectInvalidRefund(payment: Payment, amount: number): void {
  const invalid = (message: string) => rejectedPanic('ValidationError', `Invalid ${message}`)
  if (payment.status === 'refunded') throw invalid('status: Payment has already been refunded')
  if (amount <= 0) throw invalid('partialAmount: Partial amount must be greater than 0')
  if (amount > payment.amount)
    throw invalid('partialAmount: Partial amount cannot be greater than the payment amount')
  if (payment.status !== 'succeeded')
    throw rejected('This PaymentIntent does not have a successful charge to refund.')
  if (!Number.isInteger(amount)) throw rejected(`Invalid integer: ${amount}`)
  const left = payment.amount - (payment.refundedAmount ?? 0)
  if (amount > left)
    throw rejected(
      `Refund amount (${dollars(amount)}) is greater than unrefunded amount on charge (${dollars(left)})`,
    )
}
