import type { FastifyInstance } from 'fastify'
import { hasReceipt } from '../billing/invoice.ts'
import type { Payment } from '../database/records/payments.ts'
import type { Organizations } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { type PdfLine, pdf } from '../rules/pdf.ts'
import { day, money, words } from './format.ts'
import { invoiceParts } from './invoiceLines.ts'

/**
 * Adds the receipts as PDF files. As on the platform, anyone with a receipt's URL can open the receipt. The URL
 * contains the payment's random ID, so it can't be guessed.
 */
export function receiptPages(app: FastifyInstance, organizations: Organizations): void {
  app.get<{ Params: { organization: string; payment: string } }>(
    '/receipts/:organization/:payment/receipt.pdf',
    (request, reply) => {
      const { organization, payment: id } = request.params
      for (const { platform } of organizations.values()) {
        const payment = platform.organizationId === organization ? platform.db.payments.find(id) : undefined
        if (payment && hasReceipt(payment))
          return reply.type('application/pdf').send(pdf(receiptLines(platform, payment)))
      }
      return reply.code(404).type('text/plain').send('Not Found')
    },
  )
}

function receiptLines(platform: Platform, payment: Payment): PdfLine[] {
  const { db } = platform
  const invoice = db.invoices.get(payment.invoiceId)
  const customer = db.customers.get(payment.customerId)
  const method = payment.paymentMethodId === null ? null : db.paymentMethods.get(payment.paymentMethodId)
  const { billingPeriodStartDate: periodStart, billingPeriodEndDate: periodEnd } = invoice
  const { brand, last4 } = method?.paymentMethodData ?? {}
  return [
    { text: 'Receipt', bold: true, size: 20 },
    { text: '' },
    { text: 'Test mode. No money was charged.' },
    { text: '' },
    { text: 'Invoice', right: invoice.invoiceNumber },
    ...(periodStart && periodEnd
      ? [{ text: 'Billing period', right: `${day(periodStart)} - ${day(periodEnd)}` }]
      : []),
    { text: 'Date paid', right: day(payment.chargeDate) },
    { text: 'Paid with', right: last4 ? `${words(String(brand ?? 'card'))} ending in ${last4}` : 'Card' },
    { text: 'Paid by', right: customer.name || customer.email },
    { text: '', right: customer.email },
    { text: '' },
    ...invoiceParts(platform, invoice).map(({ text, amount }) =>
      amount === null ? { text } : { text, right: money(amount) },
    ),
    { text: '' },
    { text: 'Total paid', right: money(payment.amount), bold: true },
    ...(payment.refunded
      ? [{ text: 'Refunded', right: money(-(payment.refundedAmount ?? payment.amount)), bold: true }]
      : []),
  ]
}
