import type { Flowglad } from '@flowglad/node'
import type { PaymentMethod } from '../database/records/customers.ts'
import type { Invoice, InvoiceLineItem, Purchase } from '../database/records/payments.ts'
import { presentAs } from './presentAs.ts'

type WireInvoice = Flowglad.SubscriptionInvoiceClientSelectSchema | Flowglad.PurchaseInvoiceClientSelectSchema
type WirePurchase = Flowglad.CustomerRetrieveBillingResponse['purchases'][number]

export const presentInvoice = (invoice: Invoice) => presentAs<WireInvoice>()(invoice)

export function presentInvoiceLineItem(line: InvoiceLineItem) {
  return line.type === 'usage'
    ? presentAs<Flowglad.UsageInvoiceLineItemClientSelectSchema>()(line)
    : presentAs<Flowglad.StaticInvoiceLineItemClientSelectSchema>()(line)
}

export const presentPurchase = (purchase: Purchase) => presentAs<WirePurchase>()(purchase)

export const presentPaymentMethod = ({
  internal: _,
  ...method
}: PaymentMethod): Flowglad.PaymentMethodClientSelectSchema => method
