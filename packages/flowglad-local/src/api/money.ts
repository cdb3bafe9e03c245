import type { Flowglad } from '@flowglad/node'
import { hasReceipt, receiptAddress } from '../billing/invoice.ts'
import type { Payment } from '../database/records/payments.ts'
import type { Table } from '../database/Table.ts'
import type { Platform } from '../platform/Platform.ts'
import { rejected, rejectedPanic, rejectedResult } from '../platform/problems.ts'
import { presentInvoice, presentInvoiceLineItem, presentPaymentMethod, presentPurchase } from './invoices.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'

/**
 * Returns a payment in the API's format. The receipt's URL isn't stored, because it contains the server's URL,
 * and the server's URL can change.
 */
const presentPayment =
  ({ url }: Platform) =>
  (payment: Payment): Flowglad.PaymentClientSelectSchema => ({
    ...payment,
    receiptURL: hasReceipt(payment) ? `${url}${receiptAddress(payment)}` : null,
  })

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
      listPage(
        platform.db.payments,
        query,
        presentPayment(platform),
      ) satisfies PageOf<Flowglad.PaymentListResponse>,
  )
  route(
    'GET',
    '/payments/:id',
    {},
    ({ platform, params }) =>
      ({
        payment: presentPayment(platform)(retrieve(platform.db.payments, params.id, 'payments')),
      }) satisfies Flowglad.PaymentRetrieveResponse,
  )
  route('POST', '/payments/:id/refund', {}, ({ platform, now, params }) => {
    const { payments } = platform.db
    const payment = payments.find(params.id ?? '')
    if (!payment) throw rejectedResult('NotFoundError', `Payment not found: ${params.id}`)
    if (payment.status === 'refunded')
      throw rejectedResult('ValidationError', 'Invalid status: Payment has already been refunded')
    // On the platform, this message comes from the payment processor.
    if (payment.status !== 'succeeded')
      throw rejectedResult('Error', 'This charge was not successful, so it cannot be refunded.')
    return {
      // The platform's API ignores `partialAmount` and refunds the whole payment.
      payment: presentPayment(platform)(
        payments.patch(payment.id, {
          status: 'refunded',
          refunded: true,
          refundedAmount: payment.amount,
          // The payment processor's times have a resolution of one second.
          refundedAt: Math.floor(now / 1000) * 1000,
          updatedAt: now,
        }),
      ),
    } satisfies Flowglad.PaymentRefundResponse
  })
}
