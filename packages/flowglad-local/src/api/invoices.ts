import type { Flowglad } from '@flowglad/node'
import type { Invoice, InvoiceLineItem, PaymentMethod, Purchase } from '../database/records.ts'

type WireInvoice = Flowglad.CustomerRetrieveBillingResponse['invoices'][number]
type WirePurchase = Flowglad.CustomerRetrieveBillingResponse['purchases'][number]

/** One stored shape for both kinds of invoice; `type` says which of their nullable fields are set. */
export const presentInvoice = (invoice: Invoice) => invoice as WireInvoice['invoice']

export function presentInvoiceLineItem({ billingRunId, ...line }: InvoiceLineItem) {
  return (line.type === 'usage' ? { ...line, billingRunId } : line) as WireInvoice['invoiceLineItems'][number]
}

export const presentPurchase = (purchase: Purchase) => purchase as WirePurchase

export const presentPaymentMethod = ({
  internal: _,
  ...method
}: PaymentMethod): Flowglad.PaymentMethodClientSelectSchema => method
