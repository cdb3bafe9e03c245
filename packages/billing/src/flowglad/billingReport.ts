import { z } from 'zod'

const time = z.number().nullish()

const invoiceLine = z.object({
  type: z.string().nullish(),
  description: z.string().nullish(),
  price: z.number(),
  quantity: z.number(),
  priceId: z.string().nullish(),
  ledgerAccountCredit: z.number().nullish(),
})

const invoice = z.object({
  id: z.string(),
  invoiceNumber: z.string().nullish(),
  type: z.string().nullish(),
  status: z.string(),
  currency: z.string().nullish(),
  subtotal: z.number().nullish(),
  subscriptionId: z.string().nullish(),
  billingPeriodStartDate: time,
  billingPeriodEndDate: time,
  dueDate: time,
  createdAt: time,
  pdfURL: z.string().nullish(),
  receiptPdfURL: z.string().nullish(),
})

const paymentMethod = z.object({
  id: z.string(),
  type: z.string(),
  paymentMethodData: z.object({ brand: z.string().nullish(), last4: z.string().nullish() }).nullish(),
})

const subscriptionItem = z.object({
  priceId: z.string().nullish(),
  unitPrice: z.number(),
  quantity: z.number(),
  addedDate: time,
  expiredAt: time,
})

const subscription = z.object({
  id: z.string(),
  renews: z.boolean().nullish(),
  doNotCharge: z.boolean().nullish(),
  defaultPaymentMethodId: z.string().nullish(),
  backupPaymentMethodId: z.string().nullish(),
  subscriptionItems: z.array(subscriptionItem).nullish(),
})

const pricingModel = z.object({
  products: z.array(
    z.object({
      name: z.string(),
      prices: z.array(
        z.object({
          id: z.string(),
          type: z.string().nullish(),
          name: z.string().nullish(),
          unitPrice: z.number(),
        }),
      ),
    }),
  ),
  usageMeters: z.array(
    z.object({
      slug: z.string(),
      prices: z.array(z.object({ id: z.string(), slug: z.string().nullish() })).nullish(),
    }),
  ),
})

const billing = z.object({
  customer: z.object({ id: z.string() }),
  currentSubscription: subscription.nullish(),
  invoices: z.array(z.object({ invoice, invoiceLineItems: z.array(invoiceLine) })).nullish(),
  paymentMethods: z.array(paymentMethod).nullish(),
  pricingModel,
})

/** The parts of Flowglad's `GET /customers/:id/billing` answer that concern money. */
export type BillingReport = ReturnType<typeof billingReport>
export type ReportedInvoice = BillingReport['invoices'][number]

export function billingReport(answer: unknown) {
  const { invoices, paymentMethods, ...report } = billing.parse(answer)
  return { ...report, invoices: invoices ?? [], paymentMethods: paymentMethods ?? [] }
}
