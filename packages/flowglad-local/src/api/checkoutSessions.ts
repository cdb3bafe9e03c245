import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { CheckoutSession, Customer, Price } from '../database/records.ts'
import { defaultPricingModel, newRecord, type Platform } from '../platform.ts'
import { refused, refusedPanic } from '../problems.ts'
import { listPage, listQuery } from './list.ts'
import type { Route } from './route.ts'

const dayMs = 24 * 60 * 60 * 1000

const base = {
  successUrl: z.string(),
  cancelUrl: z.string(),
  outputMetadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  outputName: z.string().nullish(),
}

const sessionInput = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('product'),
      ...base,
      customerExternalId: z.string().nullish(),
      anonymous: z.boolean().optional(),
      priceId: z.string().nullish(),
      priceSlug: z.string().nullish(),
      quantity: z.int().min(1).default(1),
      preserveBillingCycleAnchor: z.boolean().default(false),
    }),
    z.object({
      type: z.literal('add_payment_method'),
      ...base,
      customerExternalId: z.string(),
      targetSubscriptionId: z.string().nullish(),
      automaticallyUpdateSubscriptions: z.boolean().nullish(),
    }),
    z.object({
      type: z.literal('activate_subscription'),
      ...base,
      customerExternalId: z.string(),
      targetSubscriptionId: z.string(),
      preserveBillingCycleAnchor: z.boolean().default(false),
    }),
  ])
  .superRefine((input, context) => {
    if (input.type !== 'product') return
    if (Boolean(input.priceId) === Boolean(input.priceSlug))
      context.addIssue({
        code: 'custom',
        path: ['priceId'],
        message: 'Either priceId or priceSlug must be provided, but not both',
      })
    if (!input.anonymous && typeof input.customerExternalId !== 'string')
      context.addIssue({
        code: 'invalid_type',
        expected: 'string',
        path: ['customerExternalId'],
        message: 'Invalid input: expected string, received undefined',
        input: input.customerExternalId,
      })
  })

export type SessionInput = z.output<typeof sessionInput>

export const checkoutUrl = ({ url }: Platform, { id, type }: CheckoutSession) =>
  `${url}/${type === 'add_payment_method' ? 'add-payment-method' : 'checkout'}/${id}`

/** One stored shape for the three kinds of session; `type` says which of its nullable fields are set. */
const presentSession = (session: CheckoutSession) =>
  session as Flowglad.CheckoutSessionRetrieveResponse['checkoutSession']

export function checkoutSessionRoutes(route: Route): void {
  route(
    'POST',
    '/checkout-sessions',
    { body: z.object({ checkoutSession: sessionInput }) },
    ({ platform, now, body }) => {
      const session = createCheckoutSession(platform, now, body.checkoutSession)
      return {
        checkoutSession: presentSession(session),
        url: checkoutUrl(platform, session),
      } satisfies Flowglad.CheckoutSessionCreateResponse
    },
  )

  route('GET', '/checkout-sessions', { query: listQuery }, ({ platform, query }) =>
    listPage(platform.books.checkoutSessions, query, presentSession),
  )

  route('GET', '/checkout-sessions/:id', {}, ({ platform, params }) => {
    const session = platform.books.checkoutSessions.find(params.id ?? '')
    if (!session) throw refusedPanic('NotFoundError', `No checkout sessions found with id: ${params.id}`)
    return {
      checkoutSession: presentSession(session),
      url: checkoutUrl(platform, session),
    } satisfies Flowglad.CheckoutSessionRetrieveResponse
  })
}

/** Opens a session, once every rule about what it sells to whom holds. */
export function createCheckoutSession(platform: Platform, now: number, input: SessionInput): CheckoutSession {
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
    pricingModelId: customer?.pricingModelId ?? defaultPricingModel(platform).id,
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
  input: SessionInput,
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
  const modelId = customer?.pricingModelId ?? defaultPricingModel(platform).id
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
