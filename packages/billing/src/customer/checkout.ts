import { SetupError } from '../config/setupError.ts'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError } from '../contract/errors.ts'
import type { PlanOffer } from '../contract/plans.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { CheckoutSessions } from './checkoutSessions.ts'
import { createCheckoutSession } from './createCheckoutSession.ts'
import type { CurrentSubscription, Subscription } from './currentSubscription.ts'

/** The paths in the app to which Flowglad's hosted pages return. */
export interface ReturnPaths {
  success: string
  cancelled: string
}

export const defaultReturnPaths: ReturnPaths = {
  success: '/?checkout=success',
  cancelled: '/pricing?checkout=cancelled',
}

/** Creates the functions that open Flowglad's hosted pages. These pages redirect only to the app itself. */
export function createCheckout({
  flowglad,
  sessions,
  subscriptions,
  publicUrl,
  returnPaths,
}: {
  flowglad: Pick<FlowgladClient, 'checkout' | 'findCheckout'>
  sessions: CheckoutSessions
  subscriptions: CurrentSubscription
  publicUrl: string | undefined
  returnPaths: ReturnPaths
}) {
  /**
   * Returns the URLs to which a hosted page redirects when the customer finishes or cancels. Never reads the
   * host from a request header, because a client can forge the header.
   */
  function returnUrls() {
    if (publicUrl === undefined) {
      throw new SetupError('The checkout needs a return URL. Set publicUrl in createBilling.')
    }
    return {
      successUrl: new URL(returnPaths.success, publicUrl).href,
      cancelUrl: new URL(returnPaths.cancelled, publicUrl).href,
    }
  }

  return {
    async buy(
      customer: Customer,
      offer: PlanOffer,
      { quantity, key }: { quantity: number; key: string | null },
    ) {
      const urls = returnUrls()
      if (offer.isFree) {
        throw new PlanChangeError('The free plan needs no checkout. Cancel your paid plan instead.')
      }
      const { priceSlug } = offer
      const order = { customer: customer.id, procedure: 'checkout', key, input: { priceSlug, quantity } }
      return sessions.open(order, async () => {
        assertCheckout(offer, await subscriptions.get(customer))
        return () =>
          createCheckoutSession(flowglad, {
            type: 'product',
            customerExternalId: customer.id,
            priceSlug,
            quantity,
            ...urls,
          })
      })
    },

    /**
     * Opens a page where the customer saves a new card. If a renewal is unpaid, the page also charges the
     * renewal to the new card.
     */
    async addPaymentMethod(customer: Customer, key: string | null) {
      const urls = returnUrls()
      const request = { customer: customer.id, procedure: 'addPaymentMethod', key, input: null }
      return sessions.open(request, async () => {
        const { id, status, isPastDue, isFree } = await subscriptions.require(customer)
        // Don't activate a plan whose cancellation is scheduled, because activation would undo the
        // cancellation.
        const isDue = isPastDue && !isFree && status !== 'cancellation_scheduled'
        const type = isDue ? 'activate_subscription' : 'add_payment_method'
        const target = { customerExternalId: customer.id, targetSubscriptionId: id, ...urls }
        return () => createCheckoutSession(flowglad, { type, ...target })
      })
    },
  }
}

/** Throws a `PlanChangeError` if a customer with this subscription can't buy the offer. */
function assertCheckout({ kind }: PlanOffer, current: Subscription | null): void {
  if (kind === 'pack' && !current) {
    throw new PlanChangeError('A pack adds units to a plan. Choose a plan first.')
  }
  // Flowglad rejects a checkout for a second paid plan.
  if (kind === 'plan' && current && !current.isFree) {
    throw new PlanChangeError('You already have a paid plan. Change it instead of buying another plan.')
  }
}
