import { type Clock, sleep } from '../config/clock.ts'
import type { PlanChange, PlanOffer } from '../contract/balances.ts'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError, unavailable } from '../contract/errors.ts'
import type { createCatalogCache } from '../flowglad/catalog.ts'
import { type FlowgladClient, flowgladError } from '../flowglad/flowgladClient.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Snapshot } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { planOf } from './balanceRows.ts'

type Subscription = NonNullable<Snapshot['subscription']>
export type Plans = ReturnType<typeof createPlans>

/** What a customer can buy and change. Only what Flowglad's catalog offers, and redirects only to the app itself. */
export function createPlans({
  ledger,
  flowglad,
  sync,
  catalog,
  clock,
  fetchEveryMs,
  publicUrl,
  returnPaths,
}: {
  ledger: Ledger
  flowglad: FlowgladClient
  sync: Sync
  catalog: ReturnType<typeof createCatalogCache>
  clock: Clock
  /** How long a customer's next turn to fetch takes to come. */
  fetchEveryMs: number
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
    let fetched = await sync.fetch(customer, { urgent: true, forced: false })
    // Somebody who looked around a lot and then decides waits for a turn, and is not sent away.
    for (
      let waitedMs = fetchEveryMs;
      fetched.state === 'throttled' && waitedMs <= patienceMs;
      waitedMs += fetchEveryMs
    ) {
      await sleep(clock, fetchEveryMs)
      fetched = await sync.fetch(customer, { urgent: true, forced: false })
    }
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
    return asChanged(customer, effectiveAt)
  }

  const asChanged = (customer: Customer, effectiveAt: number) =>
    afterPlanChange(asKnown(customer, effectiveAt))

  async function asKnown(customer: Customer, effectiveAt: number): Promise<PlanChange> {
    const { snapshot } = await ledger.balances(customer.id)
    return { plan: planOf(snapshot?.subscription ?? null), effectiveAt }
  }

  /**
   * Flowglad changes no plan while a cancellation or a downgrade is scheduled, so that is lifted first. When the change fails a cancellation is put back: a
   * plan that its customer has cancelled must not renew. A downgrade cannot be: Flowglad does not tell where it led, which may have been the free plan.
   */
  async function change(
    customer: Customer,
    current: Subscription,
    { make, isMade }: { make: () => Promise<number>; isMade: (now: Subscription) => boolean },
  ): Promise<PlanChange> {
    const { id, cancelScheduledAt, scheduledAdjustmentAt } = current
    let effectiveAt: number
    let asked = false
    try {
      if (cancelScheduledAt !== null) await asking(flowglad.uncancel(id))
      if (scheduledAdjustmentAt !== null) await asking(flowglad.cancelScheduledAdjustment(id))
      asked = true
      effectiveAt = await make()
    } catch (error) {
      return afterFailure(customer, current, { asked, isMade, error })
    }
    return afterChange(customer, effectiveAt)
  }

  /** Answers what turns out to be made after all; throws otherwise, and tells of what was lifted and does not stand again. */
  async function afterFailure(
    customer: Customer,
    { id, cancelScheduledAt, scheduledAdjustmentAt }: Subscription,
    { asked, isMade, error }: { asked: boolean; isMade: (now: Subscription) => boolean; error: unknown },
  ): Promise<PlanChange> {
    const lifted =
      cancelScheduledAt !== null ? 'cancellation' : scheduledAdjustmentAt !== null ? 'downgrade' : null
    // Silence is no answer: it may have been done, or be done yet.
    const isUnclear = asked && !(error instanceof PlanChangeError)
    let now = isUnclear || lifted === 'downgrade' ? await look(customer) : null
    if (isUnclear && now && isMade(now)) return asMade(customer, now)
    // Put back unseen, a cancellation could end a plan that has just been paid for.
    if (lifted === 'cancellation' && (now || !isUnclear)) {
      const isCancelled = await isDone(flowglad.cancelAtPeriodEnd(id))
      now = await look(customer)
      if (asked && now && isMade(now)) return stayingOn(customer, now)
      if (isCancelled) throw isUnclear ? unclear('its cancellation is scheduled again', error) : error
    }
    // It may never have been lifted.
    const stands = now !== null && (now.cancelScheduledAt ?? now.scheduledAdjustmentAt) !== null
    if (isUnclear) throw unclear(lifted && !stands ? `its ${lifted} was lifted` : null, error)
    if (lifted === null || stands) throw error
    throw new PlanChangeError(
      `The plan could not be changed, and its ${lifted} was lifted on the way: please ${lifted === 'cancellation' ? 'cancel it' : 'choose it'} again.`,
      { cause: error },
    )
  }

  /** null when nobody can tell. */
  async function look(customer: Customer): Promise<Subscription | null> {
    const { state } = await sync.fetch(customer, { urgent: true, forced: true })
    if (state !== 'installed') return null
    const { snapshot } = await ledger.balances(customer.id).catch(() => ({ snapshot: null }))
    return snapshot?.subscription ?? null
  }

  const asMade = (customer: Customer, { cancelScheduledAt, scheduledAdjustmentAt }: Subscription) =>
    asChanged(customer, cancelScheduledAt ?? scheduledAdjustmentAt ?? clock.now())

  /** The change was made meanwhile: the cancellation that was put back would end what is paid for. */
  async function stayingOn(customer: Customer, now: Subscription) {
    if (now.cancelScheduledAt === null) return asMade(customer, now)
    if (await isDone(flowglad.uncancel(now.id))) {
      return afterChange(customer, now.scheduledAdjustmentAt ?? clock.now())
    }
    throw new PlanChangeError('The plan was changed, but it is still cancelled: please resume it.')
  }

  async function cancel(customer: Customer): Promise<PlanChange> {
    const current = await currentSubscription(customer)
    const { id, isFree, cancelScheduledAt, periodEnd } = current
    if (isFree) throw new PlanChangeError('The free plan cannot be cancelled.')
    if (cancelScheduledAt !== null) return asKnown(customer, cancelScheduledAt)
    return change(customer, current, {
      async make() {
        await asking(flowglad.cancelAtPeriodEnd(id))
        return periodEnd ?? clock.now()
      },
      isMade: (now) => now.cancelScheduledAt !== null,
    })
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
      const keeps = current.priceSlug === priceSlug
      if (!keeps && scheduledAdjustmentAt !== null) {
        // If this failed, nobody could put the other back.
        throw new PlanChangeError('Another change of plan is scheduled already: undo it first.')
      }
      return change(customer, current, {
        async make() {
          if (keeps) return clock.now()
          const { resolvedTiming } = await asking(flowglad.adjust(current.id, priceSlug))
          return resolvedTiming === atPeriodEnd ? (current.periodEnd ?? clock.now()) : clock.now()
        },
        isMade: (now) => now.priceSlug === priceSlug || now.scheduledAdjustmentAt !== null,
      })
    },

    /** At the end of the period that is paid for, in the place of a scheduled downgrade. */
    cancel,

    /** Undoes a scheduled cancellation or downgrade. */
    async resume(customer: Customer): Promise<PlanChange> {
      const { id, cancelScheduledAt, scheduledAdjustmentAt } = await currentSubscription(customer)
      if (cancelScheduledAt === null && scheduledAdjustmentAt === null) return asKnown(customer, clock.now())
      try {
        if (cancelScheduledAt !== null) await asking(flowglad.uncancel(id))
        if (scheduledAdjustmentAt !== null) await asking(flowglad.cancelScheduledAdjustment(id))
      } finally {
        // Whatever became of the one, the other may be undone.
        await look(customer)
      }
      return asChanged(customer, clock.now())
    },
  }
}

const patienceMs = 3_000
const isDone = (act: Promise<unknown>) =>
  act.then(
    () => true,
    () => false,
  )

const unclear = (besides: string | null, cause: unknown) =>
  new PlanChangeError(
    `The billing service did not answer. The plan may have been changed${besides === null ? '' : `, and ${besides}`}: please look again in a minute before you try once more.`,
    { cause },
  )

/** What is told of a change that is made, and may be paid for: whoever cannot tell it right now must not deny the change. */
export async function afterPlanChange<T>(told: Promise<T>): Promise<T> {
  try {
    return await told
  } catch (error) {
    throw unclear(null, error)
  }
}

const atPeriodEnd = 'at_end_of_current_billing_period'

/** Flowglad's no is the customer's to read; its silence is ours. */
async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const denial = flowgladError(error)
    if (denial) throw new PlanChangeError(denial.message, { cause: error })
    throw unavailable(2_000, error)
  }
}
