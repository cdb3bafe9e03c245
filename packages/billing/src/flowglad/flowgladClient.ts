import { APIError, Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Customer } from '../contract/customer.ts'

/** The settings for connecting to Flowglad. */
export interface FlowgladSettings {
  /** `sk_…` */
  secretKey: string
  /** Default: Flowglad's hosted service. */
  baseUrl?: string | undefined
  /** `whsec_…`. Without it, webhooks are rejected. */
  webhookSecret?: string | undefined
}

export type FlowgladClient = ReturnType<typeof createFlowgladClient>

/**
 * Creates a client for the part of Flowglad's API that this package uses. Each call sends one request. The
 * deadline covers the whole request, including the body. The client doesn't retry.
 */
export function createFlowgladClient(settings: FlowgladSettings, deadlineMs: number) {
  const sdk = new Flowglad({
    apiKey: settings.secretKey,
    ...(settings.baseUrl === undefined ? {} : { baseURL: settings.baseUrl }),
    logLevel: 'off',
    maxRetries: 0,
    timeout: deadlineMs,
  })
  // The SDK's timeout covers only the headers. The signal also aborts a stalled body.
  const once = () => ({ signal: AbortSignal.timeout(deadlineMs) })

  return {
    /** Returns the customer's billing, or null if Flowglad does not know the customer. */
    async billing(customer: string) {
      try {
        return await sdk.customers.retrieveBilling(customer, once())
      } catch (error) {
        if (error instanceof APIError && error.status === 404 && flowgladError(error)) return null
        throw error
      }
    },

    /** Creates the customer unless the customer already exists. */
    async createCustomer({ id, name, email }: Customer) {
      try {
        await sdk.customers.create({ customer: { externalId: id, name, email } }, once())
      } catch (error) {
        if (!(error instanceof APIError && error.status === 409)) throw error
      }
    },

    async createUsageEvent(usageEvent: Flowglad.UsageEventCreateParams['usageEvent']): Promise<unknown> {
      return sdk.usageEvents.create({ usageEvent }, once())
    },

    async createUsageEvents(usageEvents: Flowglad.UsageEventCreateParams['usageEvent'][]): Promise<unknown> {
      return sdk.post('/api/v1/usage-events/bulk', { body: { usageEvents }, ...once() })
    },

    async pricingModel() {
      return (await sdk.pricingModels.retrieveDefault(once())).pricingModel
    },

    async checkout(session: Flowglad.CheckoutSessionCreateParams['checkoutSession']) {
      return sdk.checkoutSessions.create({ checkoutSession: session }, once())
    },

    /** Changes the plan: immediately if the price is higher, otherwise at the end of the period. */
    async adjust(subscription: string, priceSlug: string) {
      return sdk.subscriptions.adjust(
        subscription,
        { adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug, quantity: 1 }] } },
        // Flowglad waits up to a minute for the payment.
        { signal: AbortSignal.timeout(75_000), timeout: 75_000 },
      )
    },

    async cancelAtPeriodEnd(subscription: string) {
      return sdk.subscriptions.cancel(
        subscription,
        { cancellation: { timing: 'at_end_of_current_billing_period' } },
        once(),
      )
    },

    async uncancel(subscription: string) {
      return sdk.subscriptions.uncancel(subscription, once())
    },

    async cancelScheduledAdjustment(subscription: string): Promise<unknown> {
      return sdk.post(
        `/api/v1/subscriptions/${encodeURIComponent(subscription)}/cancel-scheduled-adjustment`,
        {
          body: {},
          ...once(),
        },
      )
    },
  }
}

const errorBody = z.object({ error: z.unknown(), code: z.string() })

/**
 * Returns the error with which Flowglad rejected a request. Flowglad answers most rejected requests with
 * status 500.
 * Returns null for failures that don't depend on the request: no connection, a timeout, a proxy's error page,
 * a rejected API key or too many requests.
 */
export function flowgladError(error: unknown): { status: number; message: string } | null {
  if (!(error instanceof APIError) || error.status === undefined) return null
  if ([401, 408, 429, 502, 503, 504].includes(error.status)) return null
  const body = errorBody.safeParse(error.error)
  if (!body.success) return null
  const text = body.data.error
  return { status: error.status, message: typeof text === 'string' ? text : JSON.stringify(text) }
}
