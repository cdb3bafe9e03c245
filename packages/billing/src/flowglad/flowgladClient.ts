import { APIError, Flowglad } from '@flowglad/node'
import type { Logger } from '../config/logger.ts'
import { SetupError } from '../config/setupError.ts'
import type { Customer } from '../contract/customer.ts'
import { flowgladError } from './flowgladError.ts'
import { notFlowglad, wrongSetting } from './wrongSetting.ts'

/** The settings for connecting to Flowglad. */
export interface FlowgladSettings {
  /** `sk_…` */
  secretKey: string
  /** Default: Flowglad's hosted service. */
  baseUrl?: string | undefined
  /** `whsec_…`. If this secret is missing, webhooks are rejected. */
  webhookSecret?: string | undefined
}

export type FlowgladClient = ReturnType<typeof createFlowgladClient>

/**
 * Returns a cursor that makes a list start with the newest record. Without a cursor, Flowglad's lists start
 * with the oldest record. The list contains only records whose fields equal `parameters`. Flowglad's lists
 * can't be filtered in any other way.
 */
const cursorFor = (parameters: Record<string, string>) =>
  Buffer.from(
    JSON.stringify({ parameters, createdAt: Date.UTC(2200, 0, 1), id: 'newest', direction: 'backward' }),
  ).toString('base64')

const newestFirst = cursorFor({})

/**
 * Creates a client for the part of Flowglad's API that this package uses. `deadlineMs` applies to each request,
 * including the body. `adjust` has a longer deadline. The client doesn't retry. If an answer shows that a
 * setting is wrong, the call rejects with a `SetupError`, and the client logs the error once.
 */
export function createFlowgladClient(
  settings: FlowgladSettings,
  { deadlineMs, logger }: { deadlineMs: number; logger: Logger },
) {
  const sdk = new Flowglad({
    // The key can be missing during `next build`, and the SDK throws if the key is undefined.
    apiKey: settings.secretKey ?? '',
    ...(settings.baseUrl === undefined ? {} : { baseURL: settings.baseUrl }),
    logLevel: 'off',
    maxRetries: 0,
    timeout: deadlineMs,
  })
  // The SDK's timeout covers only the headers. This signal also aborts a request whose body stalls.
  const once = () => ({ signal: AbortSignal.timeout(deadlineMs) })

  let problem: string | null = null
  let answeredAt = Number.NEGATIVE_INFINITY

  async function ask<T>(request: Promise<T>): Promise<T> {
    try {
      const answer = await request
      // If the body isn't JSON, the SDK returns it as a string.
      if (typeof answer === 'string') throw notFlowglad(sdk.baseURL, 'its answer is not JSON')
      problem = null
      answeredAt = performance.now()
      return answer
    } catch (error) {
      const wrong = error instanceof SetupError ? error : wrongSetting(error, sdk.baseURL)
      if (!wrong) {
        if (flowgladError(error)) problem = null
        throw error
      }
      if (problem !== wrong.message) logger.error({}, wrong.message)
      problem = wrong.message
      throw wrong
    }
  }

  return {
    url: sdk.baseURL,

    /**
     * Returns instructions if Flowglad's last answer shows that a setting is wrong. Otherwise, returns null.
     */
    settingsProblem: () => problem,

    /** Returns whether a request has succeeded since the given time (`performance.now()`). */
    hasAnsweredSince: (time: number): boolean => answeredAt > time,

    /** Returns Flowglad's billing report on the customer, or null if Flowglad doesn't know the customer. */
    async billing(customer: string) {
      try {
        return await ask(sdk.customers.retrieveBilling(customer, once()))
      } catch (error) {
        if (error instanceof APIError && error.status === 404 && flowgladError(error)) return null
        throw error
      }
    },

    /** Creates the customer unless the customer already exists. */
    async createCustomer({ id, name, email }: Customer) {
      try {
        await ask(sdk.customers.create({ customer: { externalId: id, name, email } }, once()))
      } catch (error) {
        if (!(error instanceof APIError && error.status === 409)) throw error
      }
    },

    /** Returns whether Flowglad has the subscription, in any status. */
    async hasSubscription(id: string): Promise<boolean> {
      try {
        await ask(sdk.subscriptions.retrieve(id, once()))
        return true
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },

    async updateCustomer({ id, name, email }: Customer) {
      await ask(sdk.customers.update(id, { customer: { name, email } }, once()))
    },

    async createUsageEvent(usageEvent: Flowglad.UsageEventCreateParams['usageEvent']): Promise<unknown> {
      return ask(sdk.usageEvents.create({ usageEvent }, once()))
    },

    async createUsageEvents(usageEvents: Flowglad.UsageEventCreateParams['usageEvent'][]): Promise<unknown> {
      return ask(sdk.post('/api/v1/usage-events/bulk', { body: { usageEvents }, ...once() }))
    },

    /**
     * Returns a page of all usage events, newest first. `cursor` is the previous page's `nextCursor`, or null
     * for the first page.
     */
    async newestUsageEvents(cursor: string | null): Promise<unknown> {
      const query = { limit: 100, cursor: cursor ?? newestFirst }
      return ask(sdk.get('/api/v1/usage-events', { query, ...once() }))
    },

    async pricingModel() {
      return (await ask(sdk.pricingModels.retrieveDefault(once()))).pricingModel
    },

    async checkout(session: Flowglad.CheckoutSessionCreateParams['checkoutSession']) {
      return ask(sdk.checkoutSessions.create({ checkoutSession: session }, once()))
    },

    /**
     * Returns the checkout session whose `outputMetadata` contains `value` under `name`. Searches only the
     * 100 newest sessions. Returns null if none matches.
     */
    async findCheckout(name: string, value: string) {
      const query = { limit: '100', cursor: newestFirst }
      const { data } = await ask(sdk.checkoutSessions.list(query, once()))
      const session = data.find(({ outputMetadata }) => outputMetadata?.[name] === value)
      return session ? ask(sdk.checkoutSessions.retrieve(session.id, once())) : null
    },

    /** Returns the status of a checkout session, or null if Flowglad has deleted the session. */
    async checkoutStatus(id: string) {
      try {
        return (await ask(sdk.checkoutSessions.retrieve(id, once()))).checkoutSession.status
      } catch (error) {
        if (isNotFound(error)) return null
        throw error
      }
    },

    /** Changes the plan: immediately if the price is higher, otherwise at the end of the period. */
    async adjust(subscription: string, priceSlug: string) {
      return ask(
        sdk.subscriptions.adjust(
          subscription,
          adjustmentTo(priceSlug),
          // Flowglad waits up to a minute for the payment before it answers.
          { signal: AbortSignal.timeout(75_000), timeout: 75_000 },
        ),
      )
    },

    /** Returns what `adjust` would charge. Changes nothing. */
    async previewAdjust(subscription: string, priceSlug: string): Promise<unknown> {
      const path = `/api/v1/subscriptions/${encodeURIComponent(subscription)}/preview-adjust`
      return ask(sdk.post(path, { body: adjustmentTo(priceSlug), ...once() }))
    },

    /**
     * Returns up to 100 payments of a customer, newest first. `customer` is the customer's ID at Flowglad.
     */
    async payments(customer: string): Promise<unknown> {
      const query = { limit: '100', cursor: cursorFor({ customerId: customer }) }
      return ask(sdk.payments.list(query, once()))
    },

    async cancelAtPeriodEnd(subscription: string) {
      return ask(
        sdk.subscriptions.cancel(
          subscription,
          { cancellation: { timing: 'at_end_of_current_billing_period' } },
          once(),
        ),
      )
    },

    async uncancel(subscription: string) {
      // Without a body, the SDK sends no content type, and Flowglad answers 415.
      return ask(sdk.subscriptions.uncancel(subscription, { body: {}, ...once() }))
    },

    async cancelScheduledAdjustment(subscription: string): Promise<unknown> {
      const path = `/api/v1/subscriptions/${encodeURIComponent(subscription)}/cancel-scheduled-adjustment`
      return ask(sdk.post(path, { body: {}, ...once() }))
    },
  }
}

const adjustmentTo = (priceSlug: string): Flowglad.SubscriptionAdjustParams => ({
  adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug, quantity: 1 }] },
})

/**
 * Returns whether the error means that Flowglad doesn't have the object. Flowglad returns 500 for most
 * unknown IDs.
 */
function isNotFound(error: unknown): boolean {
  const rejection = flowgladError(error)
  return (
    rejection !== null &&
    (rejection.status === 404 || /no (subscriptions?|checkout sessions?) found/i.test(rejection.message))
  )
}
