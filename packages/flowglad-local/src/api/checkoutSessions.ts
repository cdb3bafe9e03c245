import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { checkoutUrl, openCheckout } from '../billing/openCheckout.ts'
import type { CheckoutSession } from '../database/records.ts'
import { quantities } from '../pricing/bounds.ts'
import { refusedPanic } from '../problems.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { presentAs } from './presentAs.ts'
import type { Route } from './route.ts'

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
      quantity: quantities.min(1).default(1),
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

const presentSession = (session: CheckoutSession) =>
  presentAs<Flowglad.CheckoutSessionRetrieveResponse['checkoutSession']>()(session)

export function checkoutSessionRoutes(route: Route): void {
  route(
    'POST',
    '/checkout-sessions',
    { body: z.object({ checkoutSession: sessionInput }) },
    ({ platform, now, body }) => {
      const session = openCheckout(platform, now, body.checkoutSession)
      return {
        checkoutSession: presentSession(session),
        url: checkoutUrl(platform, session),
      } satisfies Flowglad.CheckoutSessionCreateResponse
    },
  )

  route(
    'GET',
    '/checkout-sessions',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.books.checkoutSessions,
        query,
        presentSession,
      ) satisfies PageOf<Flowglad.CheckoutSessionListResponse>,
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
