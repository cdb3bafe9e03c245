import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { within } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'
import { afterwards } from '../customer/plans.ts'
import type { BillingRoutesOptions } from '../fastify/billingRoutesOptions.ts'
import { billingErrorReply } from './billingErrorReply.ts'
import { recordUsage } from './recordUsage.ts'
import { RefusedAction } from './refusedAction.ts'
import { withLedgerBalances } from './withLedgerBalances.ts'

const price = z.object({ priceSlug: z.string().optional(), priceId: z.string().optional() })
const checkout = price.extend({ quantity: z.number().int().min(1).max(1_000).default(1) })
const cancellation = z.object({
  id: z.string(),
  cancellation: z.object({ timing: z.string() }),
})
const adjustment = price.extend({
  subscriptionId: z.string().optional(),
  timing: z.string().default('auto'),
})
const byId = z.object({ id: z.string() })

/**
 * What `@flowglad/react` calls, and no more than an app needs. Flowglad's own handler would let a browser create a subscription that is never charged,
 * cancel at once to be given fresh free credits, or record usage on a free price; none of these is reachable here.
 */
export async function flowgladRoutes(
  app: FastifyInstance,
  { billing, customer: customerOf, limit }: BillingRoutesOptions,
) {
  const { sync, catalog, plans, ledger, options, clock } = billing.internals

  /** Flowglad's books of the customer, as fresh as the snapshot, with the ledger's balances in them. */
  async function books(customer: Customer) {
    const { snapshot, balances } = await ledger.balances(customer.id)
    const last = sync.lastBilling(customer.id, options.snapshotMaxAgeMs)
    const known = last ? withLedgerBalances(last, balances) : null
    if (known && known.currentId === (snapshot?.subscription?.id ?? null)) return known.billing
    // Somebody looks at a page: it waits as long as a call would. The fetch goes on.
    await within(clock, options.decisionMs, sync.fetch(customer, { urgent: false, forced: false }), null)
    const fetched = sync.lastBilling(customer.id, Number.POSITIVE_INFINITY)
    if (!fetched) throw unavailable(2_000)
    return withLedgerBalances(fetched, (await ledger.balances(customer.id)).balances).billing
  }

  /** Flowglad away from the start is billing unavailable, not a fault of ours. */
  async function soldNow() {
    const sold = await within(clock, options.decisionMs, catalog.get(), null).catch((error: unknown) => {
      throw unavailable(2_000, error)
    })
    if (!sold) throw unavailable(2_000)
    return sold
  }

  async function slugOf({ priceSlug, priceId }: z.infer<typeof price>): Promise<string> {
    if (priceSlug !== undefined) return priceSlug
    const { slugOfPrice } = await soldNow()
    const slug = priceId === undefined ? undefined : slugOfPrice.get(priceId)
    return slug ?? refuse(400, 'Name a price that is for sale')
  }

  async function ownSubscription(customer: Customer, id: string | undefined) {
    const { snapshot } = await ledger.balances(customer.id)
    if (id !== undefined && snapshot?.subscription?.id !== id)
      refuse(403, 'That is not your current subscription')
  }

  const changed = async (customer: Customer) => ({
    subscription: (await afterwards(books(customer))).currentSubscription,
  })

  const actions: Record<string, (customer: Customer, body: unknown) => Promise<unknown>> = {
    'customers/billing': books,

    'usage-meters/balances': async (customer) => {
      const { currentSubscription } = await books(customer)
      return { usageMeterBalances: currentSubscription?.experimental?.usageMeterBalances ?? [] }
    },

    'usage-events/create': async (customer, body) => ({
      usageEvent: await recordUsage(billing, await soldNow(), customer, body),
    }),

    'checkout-sessions/create': async (customer, body) => {
      const wanted = checkout.parse(body)
      const priceSlug = await slugOf(wanted)
      const { id, url } = await plans.checkout(customer, { priceSlug, quantity: wanted.quantity })
      return { checkoutSession: { id }, url }
    },

    'checkout-sessions/create-add-payment-method': (customer) => plans.addPaymentMethod(customer),

    'subscriptions/cancel': async (customer, body) => {
      const wanted = cancellation.parse(body)
      await ownSubscription(customer, wanted.id)
      // Cancelled at once, Flowglad would start a new free subscription with fresh credits.
      if (wanted.cancellation.timing !== 'at_end_of_current_billing_period') {
        refuse(403, 'A plan ends with the period that is paid for')
      }
      await plans.cancel(customer)
      return changed(customer)
    },

    'subscriptions/uncancel': async (customer, body) => {
      await ownSubscription(customer, byId.parse(body).id)
      await plans.resume(customer)
      return changed(customer)
    },

    'subscriptions/adjust': async (customer, body) => {
      const wanted = adjustment.parse(body)
      await ownSubscription(customer, wanted.subscriptionId)
      if (wanted.timing !== 'auto')
        refuse(403, 'Upgrades take effect at once, downgrades at the end of the period')
      await plans.changePlan(customer, { priceSlug: await slugOf(wanted) })
      return changed(customer)
    },
  }
  const readable = new Set(['customers/billing', 'usage-meters/balances'])

  app.route<{ Params: { resource: string; action: string } }>({
    method: ['GET', 'POST'],
    url: '/:resource/:action',
    async handler(request, reply) {
      const path = `${request.params.resource}/${request.params.action}`
      const action = Object.hasOwn(actions, path) ? actions[path] : undefined
      if (!action) return fail(reply, 404, 'not_found', `"${path}" is not available here`)
      if (request.method === 'GET' && !readable.has(path)) {
        return fail(reply, 405, 'method_not_allowed', `"${path}" takes POST`)
      }
      const customer = await customerOf(request)
      if (!customer) return fail(reply, 401, 'unauthorized', 'Unauthorized')
      const limited = await limit?.(customer)
      if (limited) {
        const { retryAfterMs } = limited
        reply.header('retry-after', Math.ceil(retryAfterMs / 1_000))
        const message = 'Too many calls at once. Nothing was charged.'
        return fail(reply, 429, 'too_many_requests', message, { retryAfterMs })
      }
      return answering(reply, () => action(customer, request.body ?? {}))
    },
  })

  // The public price list, for `usePricing()`.
  app.post('/pricing-models/retrieve', (_request, reply) =>
    answering(reply, async () => ({ pricingModel: (await soldNow()).pricingModel, source: 'default' })),
  )
}

async function answering(reply: FastifyReply, work: () => Promise<unknown>) {
  try {
    return { data: await work() }
  } catch (error) {
    if (error instanceof RefusedAction) return fail(reply, error.status, 'refused', error.message)
    if (error instanceof z.ZodError) return fail(reply, 400, 'invalid_input', z.prettifyError(error))
    const answer = billingErrorReply(error)
    if (!answer) throw error
    const { error: code, message, ...detail } = answer.body
    return fail(reply, answer.status, code, message, detail)
  }
}

function refuse(status: RefusedAction['status'], message: string): never {
  throw new RefusedAction(status, message)
}

/** `@flowglad/react` reads `error.message` for billing and `error.code`, `error.json.message` elsewhere. */
const fail = (reply: FastifyReply, status: number, code: string, message: string, detail: object = {}) =>
  reply.code(status).send({ error: { code, message, json: { message, ...detail } } })
