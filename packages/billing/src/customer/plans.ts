import type { Clock } from '../config/clock.ts'
import type { BalancesAnswer } from '../contract/balances.ts'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError } from '../contract/errors.ts'
import { forfeitsOf } from '../contract/forfeits.ts'
import type { PlanChange, PlanOffer } from '../contract/plans.ts'
import type { ChangePreview } from '../contract/statement.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { Leases } from '../flowglad/leases.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { Throttle } from '../flowglad/throttle.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { askFlowglad } from './askFlowglad.ts'
import { createBoundPerCustomer } from './boundPerCustomer.ts'
import { createPreviewChange } from './changePreviews.ts'
import { createCheckout, type ReturnPaths } from './checkout.ts'
import { CheckoutSessions } from './checkoutSessions.ts'
import { CurrentSubscription } from './currentSubscription.ts'
import { afterPlanChange } from './planChangeErrors.ts'
import { PlanChanges } from './planChanges.ts'
import type { Statements } from './statements.ts'
import type { CustomerLedger } from './usableBalances.ts'

export type Plans = ReturnType<typeof createPlans>

/**
 * Creates the functions that let customers buy and change plans. Customers can buy only the offers in
 * Flowglad's catalog.
 */
export function createPlans({
  ledger,
  flowglad,
  leases,
  sync,
  catalog,
  readBalances,
  fullLedger,
  statements,
  previews,
  clock,
  fetchEveryMs,
  leaseWaitMs,
  maxPlanRequests,
  publicUrl,
  returnPaths,
}: {
  ledger: Pick<CustomerLedger, 'balances' | 'execute'>
  flowglad: FlowgladClient
  leases: Pick<Leases, 'takeForFetch'>
  sync: Pick<Sync, 'fetch' | 'isArchived'>
  catalog: { get(): Promise<Catalog> }
  /**
   * Reads the plan's balances from the ledger, without the past due terms. A plan change forfeits packs even
   * if a renewal is unpaid.
   */
  readBalances: (customer: Customer) => Promise<BalancesAnswer>
  /** The ledger without the past due terms. */
  fullLedger: Pick<LedgerForCalls, 'balances'>
  statements: Statements
  /** Limits how many previews each customer can request. */
  previews: Pick<Throttle, 'take'>
  clock: Clock
  /** How long a throttled customer waits for the next fetch. */
  fetchEveryMs: number
  /** How long a checkout waits for the customer's lease. */
  leaseWaitMs: number
  /** The maximum number of a customer's requests in progress. */
  maxPlanRequests: number
  publicUrl: string | undefined
  returnPaths: ReturnPaths
}) {
  const subscriptions = new CurrentSubscription({ ledger, sync, clock, fetchEveryMs })
  const sessions = new CheckoutSessions({ ledger, leases, flowglad, leaseWaitMs })
  const checkout = createCheckout({ flowglad, sessions, subscriptions, publicUrl, returnPaths })
  const changes = new PlanChanges({ ledger, flowglad, sync, subscriptions, statements, clock })
  const previewChange = createPreviewChange({ ledger: fullLedger, flowglad, statements, throttle: previews })

  const bounded = createBoundPerCustomer(maxPlanRequests)
  // Reads have a separate limit, so that they never prevent a plan change.
  const boundedRead = createBoundPerCustomer(maxPlanRequests)

  const offers = async (): Promise<PlanOffer[]> => (await askFlowglad(catalog.get())).offers

  async function offer(priceSlug: string): Promise<PlanOffer> {
    const found = (await offers()).find((candidate) => candidate.priceSlug === priceSlug)
    if (!found) throw new PlanChangeError(`"${priceSlug}" is not for sale. Choose another plan or pack.`)
    return found
  }

  const forfeits = async (customer: Customer, target: Pick<PlanOffer, 'kind' | 'isFree'>) =>
    forfeitsOf(target, await offers(), await readBalances(customer))

  return {
    /** Returns the plans and packs for sale. */
    offers,

    /**
     * Opens a hosted checkout page for a plan or a pack. `forfeits` lists the pack units that the customer
     * loses when the payment succeeds. To move from one paid plan to another, use `changePlan`. Requests with
     * the same key get the same page while it is open.
     */
    checkout: bounded(
      async (
        customer,
        { priceSlug, ...order }: { priceSlug: string; quantity: number; key: string | null },
      ) => {
        const wanted = await offer(priceSlug)
        const session = await checkout.buy(customer, wanted, order)
        return { ...session, forfeits: await forfeits(customer, wanted) }
      },
    ),

    /** Opens a hosted page where the customer saves a payment method for the current subscription. */
    addPaymentMethod: bounded((customer, key: string | null) => checkout.addPaymentMethod(customer, key)),

    /** Returns the customer's payments, the amount overdue, and the next invoice. */
    statement: boundedRead((customer) => statements.read(customer)),

    /** Returns what a change to another paid plan would charge. Changes nothing. */
    previewChange: boundedRead(
      async (customer, { priceSlug }: { priceSlug: string }): Promise<ChangePreview> =>
        previewChange(customer, await offer(priceSlug), await offers()),
    ),

    /**
     * Upgrades immediately, or downgrades at the end of the period. A change to the free plan cancels the
     * paid plan.
     */
    changePlan: bounded(async (customer, { priceSlug }: { priceSlug: string }): Promise<PlanChange> => {
      const wanted = await offer(priceSlug)
      const change = await changes.changePlan(customer, wanted)
      return { ...change, forfeits: await afterPlanChange(forfeits(customer, wanted)) }
    }),

    /** Cancels the plan at the end of the paid period, and removes a scheduled downgrade. */
    cancel: bounded(async (customer): Promise<PlanChange> => {
      const change = await changes.cancel(customer)
      const lost = await afterPlanChange(forfeits(customer, { kind: 'plan', isFree: true }))
      return { ...change, forfeits: lost }
    }),

    /** Undoes a scheduled cancellation or downgrade. */
    resume: bounded(
      async (customer): Promise<PlanChange> => ({
        ...(await changes.resume(customer)),
        forfeits: [],
      }),
    ),
  }
}
