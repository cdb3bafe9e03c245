import type { CheckoutSession, Customer, Metadata, Price } from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'
import { refused } from '../problems.ts'

const dayMs = 24 * 60 * 60 * 1000

interface Common {
  successUrl: string
  cancelUrl: string
  outputMetadata?: Metadata | null | undefined
  outputName?: string | null | undefined
}

/** What a session is to sell, to whom, and where to go from it. */
type CheckoutRequest = Common &
  (
    | {
        type: 'product'
        customerExternalId?: string | null | undefined
        anonymous?: boolean | undefined
        priceId?: string | null | undefined
        priceSlug?: string | null | undefined
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

export const checkoutUrl = ({ url }: Platform, { id, type }: CheckoutSession) =>
  `${url}/${type === 'add_payment_method' ? 'add-payment-method' : 'checkout'}/${id}`

/** Opens a session, once every rule about what it sells to whom holds. */
export function openCheckout(platform: Platform, now: number, input: CheckoutRequest): CheckoutSession {
  const { books, organizationId } = platform
  const customer =
    typeof input.customerExternalId === 'string'
      ? (books.customers.first('externalId', input.customerExternalId) ?? null)
      : null
  const terms = sessionTerms(platform, input, customer)
  for (const key of ['successUrl', 'cancelUrl'] as const)
    if (!URL.canParse(input[key]))
      throw refused(
        `Failed to insert item into checkout_sessions: Failed to insert items into checkout_sessions: ${JSON.stringify([{ code: 'invalid_format', format: 'url', path: [key], message: 'Invalid URL' }], null, 2)}`,
      )
  return books.checkoutSessions.put({
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
  })
}

/** What a session is about, by its type, once every rule about it holds. */
function sessionTerms(
  platform: Platform,
  input: CheckoutRequest,
  customer: Customer | null,
): Partial<CheckoutSession> {
  const { books } = platform
  switch (input.type) {
    case 'product': {
      if (!customer && !input.anonymous)
        throw refused(
          input.priceSlug
            ? 'Invalid customer: Customer is required to resolve price slug for identified checkout sessions'
            : `Customer not found: externalId ${input.customerExternalId}`,
        )
      const price = checkoutPrice(platform, input, customer)
      return {
        priceId: price.id,
        quantity: input.quantity,
        preserveBillingCycleAnchor: input.preserveBillingCycleAnchor,
      }
    }
    case 'add_payment_method': {
      if (!customer) throw refused(`Customer not found: externalId ${input.customerExternalId}`)
      const target = input.targetSubscriptionId
      if (target && books.subscriptions.find(target)?.customerId !== customer.id)
        throw refused(`Invalid targetSubscriptionId: Target subscription ${target} not found`)
      return { targetSubscriptionId: target ?? null, automaticallyUpdateSubscriptions: false }
    }
    case 'activate_subscription': {
      if (!customer) throw refused(`Customer not found: externalId ${input.customerExternalId}`)
      const target = books.subscriptions.find(input.targetSubscriptionId)
      if (target?.customerId !== customer.id)
        throw refused(
          `Invalid targetSubscriptionId: Target subscription ${input.targetSubscriptionId} not found`,
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
  { priceId, priceSlug }: { priceId?: string | null | undefined; priceSlug?: string | null | undefined },
  customer: Customer | null,
): Price {
  const { books } = platform
  const modelId = customer?.pricingModelId ?? platform.pricingModelId
  const found = priceSlug
    ? books.prices.by('model', modelId).find((p) => p.active && p.slug === priceSlug)
    : books.prices.find(priceId ?? '')
  if (found?.pricingModelId !== modelId)
    throw refused(
      priceSlug
        ? `Invalid priceSlug: Price with slug "${priceSlug}" not found for customer's pricing model`
        : `Invalid priceId: Invalid or not-found price ID: no matching price found for id "${priceId}"`,
    )
  if (!found.productId)
    throw refused(
      'Invalid priceId: Checkout sessions are only supported for product prices (subscription/single payment), not usage prices',
    )
  if (books.products.get(found.productId).default)
    throw refused(
      'Invalid product: Checkout sessions cannot be created for default products. Default products are automatically assigned to customers and do not require manual checkout.',
    )
  return found
}
