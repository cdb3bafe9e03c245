import { z } from 'zod'
import type { Metadata } from '../database/records/base.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
import { refusedValues } from '../platform/failedWrites.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { quantities } from '../rules/bounds.ts'

const dayMs = 24 * 60 * 60 * 1000

interface Common {
  successUrl: string
  cancelUrl: string
  outputMetadata?: Metadata | null | undefined
  outputName?: string | undefined
}

type CheckoutRequest = Common &
  (
    | {
        type: 'product'
        /** Null for an anonymous checkout. Such a checkout creates a new customer when it completes. */
        customerExternalId?: string | null | undefined
        priceId?: string | undefined
        priceSlug?: string | undefined
        quantity: number
        preserveBillingCycleAnchor: boolean
      }
    | {
        type: 'add_payment_method'
        customerExternalId: string
        targetSubscriptionId?: string | null | undefined
      }
    | {
        type: 'activate_subscription'
        customerExternalId: string
        targetSubscriptionId: string
        preserveBillingCycleAnchor: boolean
      }
  )

/** The fields that the platform checks only when it stores the session. */
const stored = z.object({ quantity: quantities, successUrl: z.url(), cancelUrl: z.url() })

export const checkoutUrl = ({ url }: Platform, { id, type }: CheckoutSession) =>
  `${url}/${type === 'add_payment_method' ? 'add-payment-method' : 'checkout'}/${id}`

/** Opens a checkout session. Throws if the request is invalid. */
export function openCheckout(platform: Platform, now: number, input: CheckoutRequest): CheckoutSession {
  const { db, organizationId } = platform
  const customer =
    typeof input.customerExternalId === 'string'
      ? (db.customers.first('externalId', input.customerExternalId) ?? null)
      : null
  const terms = sessionTerms(platform, input, customer)
  const session: CheckoutSession = {
    ...newRecord('chckt_session', now),
    pricingModelId: customer?.pricingModelId ?? platform.pricingModelId,
    status: 'open',
    billingAddress: null,
    priceId: null,
    purchaseId: null,
    invoiceId: null,
    quantity: 1,
    organizationId,
    customerName: customer?.name ?? null,
    customerEmail: customer?.email ?? null,
    customerId: customer?.id ?? null,
    paymentMethodType: null,
    discountId: null,
    successUrl: input.successUrl,
    cancelUrl: input.cancelUrl,
    type: input.type,
    preserveBillingCycleAnchor: false,
    outputMetadata: input.outputMetadata ?? null,
    outputName: input.outputName ?? null,
    targetSubscriptionId: null,
    automaticallyUpdateSubscriptions: null,
    expires: now + dayMs,
    ...terms,
  }
  const checked = stored.safeParse(session)
  if (!checked.success) throw refusedValues('insert', 'checkout_sessions', checked.error.issues)
  return db.checkoutSessions.put(session)
}

/** Checks the rules for the session's type and returns the fields that depend on the type. */
function sessionTerms(
  platform: Platform,
  input: CheckoutRequest,
  customer: Customer | null,
): Partial<CheckoutSession> {
  const { db } = platform
  switch (input.type) {
    case 'product': {
      const { customerExternalId, quantity, preserveBillingCycleAnchor } = input
      const toCustomer = typeof customerExternalId === 'string'
      if (toCustomer && !customer && input.priceSlug)
        throw rejected(
          'Invalid customer: Customer is required to resolve price slug for identified checkout sessions',
        )
      const price = checkoutPrice(platform, input)
      if (toCustomer && !customer)
        throw rejected(
          `Invalid checkoutSession: Required customer not found for Product checkout (anonymous=false). externalId='${customerExternalId}', organization='${platform.organizationId}'.`,
        )
      return { priceId: price.id, quantity, preserveBillingCycleAnchor }
    }
    case 'add_payment_method':
      if (!customer)
        throw rejected(
          'Invalid checkoutSession: Customer is required for add payment method checkout sessions',
        )
      // The subscription is checked when the card is saved.
      return {
        targetSubscriptionId: input.targetSubscriptionId ?? null,
        automaticallyUpdateSubscriptions: false,
      }
    case 'activate_subscription': {
      const target = db.subscriptions.find(input.targetSubscriptionId)
      if (!target)
        throw rejected(
          `Invalid targetSubscriptionId: Target subscription ${input.targetSubscriptionId} not found`,
        )
      if (!customer)
        throw rejected('Invalid customer: Customer is required for activate subscription checkout sessions')
      if (target.customerId !== customer.id)
        throw rejected(
          `Invalid targetSubscriptionId: Target subscription ${target.id} does not belong to customer ${customer.id}`,
        )
      return {
        targetSubscriptionId: target.id,
        priceId: target.priceId,
        preserveBillingCycleAnchor: input.preserveBillingCycleAnchor,
      }
    }
    default:
      return input satisfies never
  }
}

function checkoutPrice(
  platform: Platform,
  { customerExternalId, priceId, priceSlug }: Extract<CheckoutRequest, { type: 'product' }>,
): Price {
  const { db, pricingModelId } = platform
  const isOffered = ({ active, slug, productId }: Price) =>
    active && slug === priceSlug && (productId === null || db.products.get(productId).active)
  const isAnonymous = typeof customerExternalId !== 'string'
  // Without a customer, the platform looks up a slug in the default model. The key can use only its own
  // model, so a slug is found only if that model is the default.
  const isSearched = !isAnonymous || db.pricingModels.get(pricingModelId).isDefault
  const offered = priceSlug && isSearched ? db.prices.by('model', pricingModelId).filter(isOffered) : []
  const found = priceSlug
    ? (offered.find(({ productId }) => productId) ?? offered[0])
    : db.prices.find(priceId ?? '')
  if (found?.pricingModelId !== pricingModelId)
    throw rejected(
      priceSlug
        ? `Invalid priceSlug: Price with slug "${priceSlug}" not found ${isAnonymous ? "in organization's default pricing model" : "for customer's pricing model"}`
        : `Invalid priceId: Invalid or not-found price ID: no matching price found for id "${priceId}"`,
    )
  if (!found.productId)
    throw rejected(
      'Invalid priceId: Checkout sessions are only supported for product prices (subscription/single payment), not usage prices',
    )
  if (db.products.get(found.productId).default)
    throw rejected(
      'Invalid product: Checkout sessions cannot be created for default products. Default products are automatically assigned to customers and do not require manual checkout.',
    )
  return found
}
