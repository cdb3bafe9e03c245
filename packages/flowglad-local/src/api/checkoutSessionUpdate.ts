import { z } from 'zod'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound, Problem, rejected } from '../platform/problems.ts'
import { metadata, quantities } from '../rules/bounds.ts'
import { defined } from './defined.ts'

const text = z.string().nullish()
const line = z.string().nullable().exactOptional()
const url = z.url().nullish()

const billingAddress = z.object({
  name: line,
  firstName: line,
  lastName: line,
  email: z.email().nullable().exactOptional(),
  address: z.object({
    name: line,
    line1: line,
    line2: line,
    city: line,
    state: line,
    postal_code: line,
    country: z.string(),
  }),
  phone: line,
})

// The fields are in the platform's order, because validation errors follow that order.
const fields = {
  id: z.string(),
  billingAddress: billingAddress.nullish(),
  priceId: text,
  invoiceId: z.null().optional(),
  // The platform also accepts 0 and negative quantities. This server rejects them, because a checkout sells
  // at least one unit.
  quantity: quantities.min(1).optional(),
  customerName: text,
  customerEmail: text,
  customerId: text,
  paymentMethodType: z.enum(['card', 'link', 'us_bank_account', 'sepa_debit']).nullish(),
  discountId: text,
  successUrl: url,
  cancelUrl: url,
  preserveBillingCycleAnchor: z.boolean().optional(),
  outputMetadata: metadata.nullish(),
  outputName: text,
  targetSubscriptionId: text,
  automaticallyUpdateSubscriptions: z.boolean().nullish(),
}
/** The fields of a session that sells a price. Such a session has no target subscription. */
const priced = {
  ...fields,
  priceId: z.string(),
  targetSubscriptionId: z.null().optional(),
  automaticallyUpdateSubscriptions: z.null().optional(),
}

/** Like the platform, accepts every field except the status, mode, pricing model and purchase. */
export const updateInput = z.object({
  checkoutSession: z.discriminatedUnion('type', [
    z.object({
      ...priced,
      invoiceId: text,
      preserveBillingCycleAnchor: z.literal(false).optional(),
      type: z.literal('purchase'),
    }),
    z.object({ ...priced, type: z.literal('product') }),
    z.object({ ...fields, invoiceId: text, customerId: z.string(), type: z.literal('add_payment_method') }),
    z.object({ ...fields, targetSubscriptionId: z.string(), type: z.literal('activate_subscription') }),
  ]),
})

type Update = z.output<typeof updateInput>['checkoutSession']

/** Updates an open session. Like the platform, uses the ID in the body and ignores the ID in the path. */
export function updateCheckout(platform: Platform, now: number, update: Update): CheckoutSession {
  const { db } = platform
  const session = db.checkoutSessions.find(update.id)
  if (!session) throw notFound(`Purchase session not found for id: ${update.id}`)
  if (session.status !== 'open')
    throw new Problem(
      'BAD_REQUEST',
      `Purchase session ${session.id} is in status ${session.status}. Purchase sessions can only be edited while in status open.`,
    )
  const failed = (reason: string) =>
    rejected(`Failed to update checkout_sessions with id ${session.id}: ${reason}`)
  const { type } = update
  if (type === 'purchase')
    throw failed(
      JSON.stringify(
        [
          {
            expected: 'string',
            code: 'invalid_type',
            path: ['purchaseId'],
            message: 'Invalid input: expected string, received null',
          },
        ],
        null,
        2,
      ),
    )
  const updated: CheckoutSession = {
    ...session,
    ...defined(update),
    ...(type === 'product' && { targetSubscriptionId: null, automaticallyUpdateSubscriptions: null }),
    type,
    updatedAt: now,
  }
  const broken = brokenReference(platform, updated)
  if (broken)
    throw failed(
      `insert or update on table "checkout_sessions" violates foreign key constraint "checkout_sessions_${broken}_fk"`,
    )
  return db.checkoutSessions.put(updated)
}

/**
 * Returns the foreign-key constraint (without prefix and suffix) of the first field that refers to an unknown
 * record. This server also checks the subscription, and that the price has a product. On the platform, these
 * mistakes cause an error only at the checkout.
 */
function brokenReference({ db }: Platform, session: CheckoutSession): string | undefined {
  const { priceId, customerId, discountId, invoiceId, targetSubscriptionId } = session
  const isKnown = {
    price_id_prices_id: !priceId || Boolean(db.prices.find(priceId)?.productId),
    customer_id_customers_id: !customerId || db.customers.find(customerId) !== undefined,
    discount_id_discounts_id: !discountId || db.discounts.find(discountId) !== undefined,
    invoice_id_invoices_id: !invoiceId || db.invoices.find(invoiceId) !== undefined,
    target_subscription_id:
      !targetSubscriptionId || db.subscriptions.find(targetSubscriptionId) !== undefined,
  }
  return Object.entries(isKnown).find(([, known]) => !known)?.[0]
}
