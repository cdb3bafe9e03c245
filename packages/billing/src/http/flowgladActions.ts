import { z } from 'zod'
import type { Customer } from '../contract/customer.ts'
import type { CheckoutSession } from '../customer/checkoutSessions.ts'
import { afterPlanChange } from '../customer/planChangeErrors.ts'
import type { Plans } from '../customer/plans.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import { ActionError } from './actionError.ts'
import { createFlowgladBilling, type FlowgladBillingParts } from './flowgladBilling.ts'
import { createRecordUsage, type RecordUsageParts } from './recordUsage.ts'
import { slugOrId } from './slugOrId.ts'

const price = z.object({ priceSlug: slugOrId.optional(), priceId: slugOrId.optional() })
const checkout = price.extend({ quantity: z.number().int().min(1).max(1_000).default(1) })
const cancellation = z.object({
  id: slugOrId,
  cancellation: z.object({ timing: slugOrId }),
})
const adjustment = price.extend({
  subscriptionId: slugOrId.optional(),
  timing: slugOrId.default('auto'),
})
const byId = z.object({ id: slugOrId })

export interface FlowgladActionParts extends FlowgladBillingParts, RecordUsageParts {
  plans: Omit<Plans, 'offers' | 'statement' | 'previewChange'>
  /** Returns Flowglad's catalog. Rejects with `BILLING_UNAVAILABLE` if the catalog can't be loaded. */
  readCatalog: () => Promise<Catalog>
}

/** Maps each path below `/api/flowglad/` to its action. `key` is the request's idempotency key. */
export type FlowgladActions = Record<
  string,
  (customer: Customer, body: unknown, key: string | null) => Promise<unknown>
>

/**
 * Creates the actions that an app with `@flowglad/react` needs. The actions replace Flowglad's own handler.
 * Through Flowglad's handler, a browser could create a subscription that is never charged, or record usage at
 * a free price. A browser could also cancel a plan immediately to get new free credits.
 */
export function createFlowgladActions(parts: FlowgladActionParts): FlowgladActions {
  const { ledger, plans, readCatalog } = parts
  const billingOf = createFlowgladBilling(parts)
  const recordUsage = createRecordUsage(parts)

  async function slugOf({ priceSlug, priceId }: z.infer<typeof price>): Promise<string> {
    if (priceSlug !== undefined) return priceSlug
    const { slugOfPrice } = await readCatalog()
    const slug = priceId === undefined ? undefined : slugOfPrice.get(priceId)
    if (slug === undefined) throw new ActionError(400, 'This price is not for sale. Choose another price.')
    return slug
  }

  async function requireCurrent(customer: Customer, id: string | undefined) {
    const { snapshot } = await ledger.balances(customer.id)
    if (id !== undefined && snapshot?.subscription?.id !== id) {
      throw new ActionError(
        403,
        `"${id}" isn't the ID of your current subscription. Reload the page, then try again.`,
      )
    }
  }

  const changed = async (customer: Customer) => ({
    subscription: (await afterPlanChange(billingOf(customer))).currentSubscription,
  })

  return {
    'customers/billing': billingOf,

    'usage-meters/balances': async (customer) => {
      const { currentSubscription } = await billingOf(customer)
      return { usageMeterBalances: currentSubscription?.experimental?.usageMeterBalances ?? [] }
    },

    'usage-events/create': async (customer, body) => ({
      usageEvent: await recordUsage(customer, body),
    }),

    'checkout-sessions/create': async (customer, body, key) => {
      const wanted = checkout.parse(body)
      const priceSlug = await slugOf(wanted)
      return present(await plans.checkout(customer, { priceSlug, quantity: wanted.quantity, key }))
    },

    'checkout-sessions/create-add-payment-method': async (customer, _body, key) =>
      present(await plans.addPaymentMethod(customer, key)),

    'subscriptions/cancel': async (customer, body) => {
      const wanted = cancellation.parse(body)
      await requireCurrent(customer, wanted.id)
      // After an immediate cancellation, Flowglad would start a new free subscription with new credits.
      if (wanted.cancellation.timing !== 'at_end_of_current_billing_period') {
        throw new ActionError(
          403,
          'A plan can only be canceled at the end of its billing period. Set timing to at_end_of_current_billing_period.',
        )
      }
      await plans.cancel(customer)
      return changed(customer)
    },

    'subscriptions/uncancel': async (customer, body) => {
      await requireCurrent(customer, byId.parse(body).id)
      await plans.resume(customer)
      return changed(customer)
    },

    'subscriptions/adjust': async (customer, body) => {
      const wanted = adjustment.parse(body)
      await requireCurrent(customer, wanted.subscriptionId)
      if (wanted.timing !== 'auto') {
        throw new ActionError(
          403,
          'Set timing to auto. Upgrades take effect immediately, and downgrades at the end of the billing period.',
        )
      }
      await plans.changePlan(customer, { priceSlug: await slugOf(wanted) })
      return changed(customer)
    },
  }
}

const present = ({ id, url }: CheckoutSession) => ({ checkoutSession: { id }, url })
