import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { checkoutUrl, openCheckout } from '../billing/openCheckout.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Platform } from '../platform/Platform.ts'
import { rejectedPanic } from '../platform/problems.ts'
import { metadata } from '../rules/bounds.ts'
import { updateCheckout, updateInput } from './checkoutSessionUpdate.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { presentAs } from './presentAs.ts'
import type { Route } from './route.ts'

const common = z.object({
  customerExternalId: z.string(),
  successUrl: z.string(),
  cancelUrl: z.string(),
  outputMetadata: metadata.nullish(),
  outputName: z.string().optional(),
})

const identified = common.extend({
  type: z.literal('product'),
  priceId: z.string().optional(),
  priceSlug: z.string().optional(),
  quantity: z.int().min(1).default(1),
  anonymous: z.literal(false),
  preserveBillingCycleAnchor: z.boolean().default(false),
})
const anonymous = identified.extend({ anonymous: z.literal(true), customerExternalId: z.null().optional() })

const namesOnePrice = ({
  priceId,
  priceSlug,
}: Pick<z.output<typeof identified>, 'priceId' | 'priceSlug'>): boolean =>
  Boolean(priceId) !== Boolean(priceSlug)
const onePrice = {
  path: ['priceId'],
  message: 'Either priceId or priceSlug must be provided, but not both',
}
const product = z.discriminatedUnion('anonymous', [
  identified.refine(namesOnePrice, onePrice),
  anonymous.refine(namesOnePrice, onePrice),
])

const addPaymentMethod = common.extend({
  type: z.literal('add_payment_method'),
  targetSubscriptionId: z.string().optional(),
  // Like the platform, this server accepts but ignores this field.
  automaticallyUpdateSubscriptions: z.boolean().nullish(),
})

const activateSubscription = common.extend({
  type: z.literal('activate_subscription'),
  targetSubscriptionId: z.string(),
  preserveBillingCycleAnchor: z.boolean().default(false),
})

/** Sets `anonymous` to false if a product session doesn't specify it. */
const withAnonymous = (body: unknown): unknown => {
  const said = z
    .looseObject({
      checkoutSession: z.looseObject({ type: z.literal('product'), anonymous: z.undefined().optional() }),
    })
    .safeParse(body)
  return said.success
    ? { ...said.data, checkoutSession: { ...said.data.checkoutSession, anonymous: false } }
    : body
}

const createInput = z.preprocess(
  withAnonymous,
  z.object({
    checkoutSession: z.discriminatedUnion('type', [product, activateSubscription, addPaymentMethod]),
  }),
)

const presentSession = (session: CheckoutSession) =>
  presentAs<Flowglad.CheckoutSessionRetrieveResponse['checkoutSession']>()(session)

const withUrl = ({ url }: Platform, session: CheckoutSession): Flowglad.CheckoutSessionRetrieveResponse => ({
  checkoutSession: presentSession(session),
  // Only the response that creates the session has a URL that depends on the session's type.
  url: `${url}/checkout/${session.id}`,
})

export function checkoutSessionRoutes(route: Route): void {
  route('POST', '/checkout-sessions', { body: createInput }, ({ platform, now, body }) => {
    const session = openCheckout(platform, now, body.checkoutSession)
    return {
      checkoutSession: presentSession(session),
      url: checkoutUrl(platform, session),
    } satisfies Flowglad.CheckoutSessionCreateResponse
  })

  route(
    'GET',
    '/checkout-sessions',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.checkoutSessions,
        query,
        presentSession,
      ) satisfies PageOf<Flowglad.CheckoutSessionListResponse>,
  )

  route('GET', '/checkout-sessions/:id', {}, ({ platform, params }) => {
    const session = platform.db.checkoutSessions.find(params.id ?? '')
    if (!session) throw rejectedPanic('NotFoundError', `No checkout sessions found with id: ${params.id}`)
    return withUrl(platform, session)
  })

  route('PUT', '/checkout-sessions/:id', { body: updateInput }, ({ platform, now, body }) =>
    withUrl(platform, updateCheckout(platform, now, body.checkoutSession)),
  )
}
