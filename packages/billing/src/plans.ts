import { planOf } from './balanceRows.ts'
import type { PlanChange, PlanOffer } from './client/balances.ts'
import type { Clock } from './clock.ts'
import type { Customer } from './customer.ts'
import { PlanChangeError, unavailable } from './errors.ts'
import type { createCatalogCache } from './flowglad/catalog.ts'
import { type FlowgladClient, flowgladError } from './flowglad/flowgladClient.ts'
import type { Sync } from './flowglad/sync.ts'
import type { Snapshot } from './ledger/commands.ts'
import type { Ledger } from './ledger/ledger.ts'

type Subscription = NonNullable<Snapshot['subscription']>
export type Plans = ReturnType<typeof createPlans>

/** What a customer can buy and change. Only what Flowglad's catalog offers, and redirects only to the app itself. */
export function createPlans({
  ledger,
  flowglad,
  sync,
  catalog,
  clock,
  publicUrl,
  returnPaths,
}: {
  ledger: Ledger
  flowglad: FlowgladClient
  sync: Sync
  catalog: ReturnType<typeof createCatalogCache>
  clock: Clock
  publicUrl: string
  returnPaths: { success: string; cancelled: string }
}) {
  async function offer(priceSlug: string): Promise<PlanOffer> {
    const { offers } = await asking(catalog.get())
    const found = offers.find((candidate) => candidate.priceSlug === priceSlug)
    if (!found) throw new PlanChangeError(`There is nothing for sale under "${priceSlug}".`)
    return found
  }

  /** As Flowglad sees it now: plan changes must not act on old news. Only a change that was made is worth a fetch beyond the customer's share. */
  async function subscriptionNow(customer: Customer): Promise<Subscription | null> {
    const fetched = await sync.fetch(customer, { urgent: true, forced: false })
    if (fetched.state !== 'installed') throw unavailable(2_000)
    const { snapshot } = await ledger.balances(customer.id)
    return snapshot?.subscription ?? null
  }

  async function currentSubscription(customer: Customer): Promise<Subscription> {
    const subscription = await subscriptionNow(customer)
    if (!subscription) throw new PlanChangeError('There is no subscription to change.')
    return subscription
  }

  async function afterChange(customer: Customer, effectiveAt: number): Promise<PlanChange> {
    await sync.fetch(customer, { urgent: true, forced: true })
    return asKnown(customer, effectiveAt)
  }

  async function asKnown(customer: Customer, effectiveAt: number): Promise<PlanChange> {
    const { snapshot } = await ledger.balances(customer.id)
    return { plan: planOf(snapshot?.subscription ?? null), effectiveAt }
  }

  /** Resolves to when the change takes effect. */
  async function adjust(current: Subscription, priceSlug: string): Promise<number> {
    if (current.scheduledAdjustmentAt !== null) await asking(flowglad.cancelScheduledAdjustment(current.id))
    if (current.priceSlug === priceSlug) return clock.now()
    const { resolvedTiming } = await asking(flowglad.adjust(current.id, priceSlug, 1))
    const later = resolvedTiming === 'at_end_of_current_billing_period'
    return later ? (current.periodEnd ?? clock.now()) : clock.now()
  }

  /** A change that failed must not leave a plan renewing that its customer had cancelled. */
  async function cancelAgain(customer: Customer, subscription: string, cause: unknown) {
    try {
      await flowglad.cancelAtPeriodEnd(subscription)
    } catch {
      await sync.fetch(customer, { urgent: true, forced: true })
      throw new PlanChangeError(
        'The plan could not be changed, and its cancellation was lifted on the way: please cancel it again.',
        { cause },
      )
    }
  }

  async function cancel(customer: Customer): Promise<PlanChange> {
    const { id, isFree, cancelScheduledAt, scheduledAdjustmentAt, periodEnd } =
      await currentSubscription(customer)
    if (isFree) throw new PlanChangeError('The free plan cannot be cancelled.')
    if (cancelScheduledAt !== null) return asKnown(customer, cancelScheduledAt)
    if (scheduledAdjustmentAt !== null) await asking(flowglad.cancelScheduledAdjustment(id))
    await asking(flowglad.cancelAtPeriodEnd(id))
    return afterChange(customer, periodEnd ?? clock.now())
  }

  return {
    async offers(): Promise<PlanOffer[]> {
      return (await asking(catalog.get())).offers
    },

    /** A hosted checkout page for a plan or a pack. From one paid plan to another, `changePlan` is the way: Flowglad refuses the checkout. */
    async checkout(customer: Customer, { priceSlug, quantity }: { priceSlug: string; quantity: number }) {
      const { kind, isFree } = await offer(priceSlug)
      if (isFree) throw new PlanChangeError('The free plan needs no checkout: cancel the paid plan instead.')
      const current = await subscriptionNow(customer)
      if (kind === 'pack' && !current)
        throw new PlanChangeError('A pack adds to a plan: choose a plan first.')
      if (kind === 'plan' && current && !current.isFree) {
        throw new PlanChangeError('There is a paid plan already: change it instead of buying a second one.')
      }
      const { url, checkoutSession } = await asking(
        flowglad.checkout({
          type: 'product',
          customerExternalId: customer.id,
          priceSlug,
          quantity,
          successUrl: new URL(returnPaths.success, publicUrl).href,
          cancelUrl: new URL(returnPaths.cancelled, publicUrl).href,
        }),
      )
      return { url, id: checkoutSession.id }
    },

    /** A hosted page that stores a payment method for the current subscription. */
    async addPaymentMethod(customer: Customer) {
      const { id } = await currentSubscription(customer)
      return asking(
        flowglad.checkout({
          type: 'add_payment_method',
          customerExternalId: customer.id,
          targetSubscriptionId: id,
          successUrl: new URL(returnPaths.success, publicUrl).href,
          cancelUrl: new URL(returnPaths.cancelled, publicUrl).href,
        }),
      )
    },

    /** Upgrades at once, downgrades at the period's end; down to the free plan is a cancellation. */
    async changePlan(customer: Customer, { priceSlug }: { priceSlug: string }): Promise<PlanChange> {
      const wanted = await offer(priceSlug)
      if (wanted.kind !== 'plan') throw new PlanChangeError('A pack is bought at the checkout.')
      if (wanted.isFree) return cancel(customer)
      const current = await currentSubscription(customer)
      if (current.isFree) throw new PlanChangeError('The free plan is left through the checkout.')
      const { cancelScheduledAt, scheduledAdjustmentAt } = current
      if (current.priceSlug === priceSlug && cancelScheduledAt === null && scheduledAdjustmentAt === null) {
        return asKnown(customer, clock.now())
      }
      if (cancelScheduledAt !== null) await asking(flowglad.uncancel(current.id))
      let effectiveAt: number
      try {
        effectiveAt = await adjust(current, priceSlug)
      } catch (error) {
        if (cancelScheduledAt !== null) await cancelAgain(customer, current.id, error)
        throw error
      }
      return afterChange(customer, effectiveAt)
    },

    /** At the end of the period that is paid for. */
    cancel,

    /** Undoes a scheduled cancellation or downgrade. */
    async resume(customer: Customer): Promise<PlanChange> {
      const { id, cancelScheduledAt, scheduledAdjustmentAt } = await currentSubscription(customer)
      if (cancelScheduledAt === null && scheduledAdjustmentAt === null) return asKnown(customer, clock.now())
      if (cancelScheduledAt !== null) await asking(flowglad.uncancel(id))
      if (scheduledAdjustmentAt !== null) await asking(flowglad.cancelScheduledAdjustment(id))
      return afterChange(customer, clock.now())
    },
  }
}

/** Flowglad's no is the customer's to read; its silence is ours. */
async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const refusal = flowgladError(error)
    if (refusal) throw new PlanChangeError(refusal.message, { cause: error })
    throw unavailable(2_000, error)
  }
}
