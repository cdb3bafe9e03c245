import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Payment } from '../database/records.ts'
import type { Table } from '../database/Table.ts'
import { refused, refusedResult } from '../problems.ts'
import { presentInvoice, presentInvoiceLineItem, presentPaymentMethod, presentPurchase } from './invoices.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'

const presentPayment = (payment: Payment): Flowglad.PaymentClientSelectSchema => payment

function retrieve<R extends { id: string }>(table: Table<R>, id: string | undefined, noun: string): R {
  const record = table.find(id ?? '')
  if (!record) throw refusedResult('NotFoundError', `No ${noun} found with id: ${id}`)
  return record
}

/** Invoices, payments, payment methods and purchases: made by billing, read here. Payments can be refunded. */
export function moneyRoutes(route: Route): void {
  route(
    'GET',
    '/invoices',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.books.invoices, query, presentInvoice) satisfies PageOf<Flowglad.InvoiceListResponse>,
  )
  route('GET', '/invoices/:id', {}, ({ platform, params }) => {
    const { books } = platform
    const invoice = retrieve(books.invoices, params.id, 'invoices')
    return {
      invoice: presentInvoice(invoice),
      invoiceLineItems: books.invoiceLineItems.by('invoice', invoice.id).map(presentInvoiceLineItem),
    } satisfies Flowglad.InvoiceRetrieveResponse
  })

  route(
    'GET',
    '/invoice-line-items',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.books.invoiceLineItems,
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
        retrieve(platform.books.invoiceLineItems, params.id, 'invoice line items'),
      ) satisfies Flowglad.InvoiceLineItemRetrieveResponse,
  )

  route(
    'GET',
    '/payment-methods',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.books.paymentMethods,
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
          retrieve(platform.books.paymentMethods, params.id, 'payment methods'),
        ),
      }) satisfies Flowglad.PaymentMethodRetrieveResponse,
  )

  route('GET', '/purchases', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.purchases, query, presentPurchase),
  )
  route('GET', '/purchases/:id', {}, ({ platform, params }) => ({
    purchase: presentPurchase(retrieve(platform.books.purchases, params.id, 'purchases')),
  }))

  route(
    'GET',
    '/payments',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(platform.books.payments, query, presentPayment) satisfies PageOf<Flowglad.PaymentListResponse>,
  )
  route(
    'GET',
    '/payments/:id',
    {},
    ({ platform, params }) =>
      ({
        payment: presentPayment(retrieve(platform.books.payments, params.id, 'payments')),
      }) satisfies Flowglad.PaymentRetrieveResponse,
  )
  route(
    'POST',
    '/payments/:id/refund',
    { body: z.object({ partialAmount: z.int().positive().nullish() }) },
    ({ platform, now, params, body }) => {
      const { books } = platform
      const payment = retrieve(books.payments, params.id, 'payments')
      if (payment.status === 'refunded') throw refused('Payment has already been refunded')
      if (payment.status !== 'succeeded') throw refused(`Cannot refund a payment that is ${payment.status}`)
      const before = payment.refundedAmount ?? 0
      const refundedAmount = before + (body.partialAmount ?? payment.amount - before)
      if (refundedAmount > payment.amount)
        throw refused('Partial amount cannot be greater than the payment amount')
      const refunded = refundedAmount === payment.amount
      return {
        payment: presentPayment(
          books.payments.patch(payment.id, {
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
