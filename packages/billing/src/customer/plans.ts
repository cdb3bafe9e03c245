import type { Clock } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError } from '../contract/errors.ts'
import { forfeitsOf } from '../contract/forfeits.ts'
import type { Meters } from '../contract/meters.ts'
import type { PlanChange, PlanOffer } from '../contract/plans.ts'
import type { ChangePreview } from '../contract/statement.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import { CustomerPayments } from '../flowglad/customerPayments.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { Leases } from '../flowglad/leases.ts'
import type { Sync } from '../flowglad/sync.ts'
import { Throttle } from '../flowglad/throttle.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { askFlowglad } from './askFlowglad.ts'
import { balanceRows } from './balanceRows.ts'
import { createBoundPerCustomer } from './boundPerCustomer.ts'
import { createPreviewChange } from './changePreviews.ts'
import { createCheckout, type ReturnPaths } from './checkout.ts'
import { CheckoutSessions } from './checkoutSessions.ts'
import { CurrentSubscription } from './currentSubscription.ts'
import { afterPlanChange } from './planChangeErrors.ts'
import { PlanChanges } from './planChanges.ts'
import { Statements } from './statements.ts'
import type { CustomerLedger } from './usableBalances.ts'

export type Plans = ReturnType<typeof createPlans>

/**
 * Creates the functions that let customers buy and change plans. Customers can buy only the offers in
 * Flowglad's catalog.
 */
export function createPlans({
  ledger,
  fullLedger,
  flowglad,
  leases,
  sync,
  catalog,
  meters,
  wallClock,
  clock,
  options,
  publicUrl,
  returnPaths,
}: {
  ledger: Pick<CustomerLedger, 'balances' | 'execute'>
  /** The ledger whose balances ignore the past-due terms. */
  fullLedger: Pick<LedgerForCalls, 'balances' | 'charges' | 'usage'>
  flowglad: FlowgladClient
  leases: Pick<Leases, 'takeForFetch'>
  sync: Pick<Sync, 'fetch' | 'isArchived' | 'lastBilling'>
  catalog: { get(): Promise<Catalog> }
  meters: Meters
  /** The clock for dates. It can step. */
  wallClock: Clock
  /** A clock that never steps backward. */
  clock: Clock
  options: BillingOptions
  publicUrl: string | undefined
  returnPaths: ReturnPaths
}) {
  const { fetchBurst, fetchEveryMs, maxPlanRequests, flowgladDeadlineMs: leaseWaitMs } = options
  const payments = new CustomerPayments({ flowglad, clock })
  const statements = new Statements({ ledger: fullLedger, payments, sync, catalog, clock, options })
  const subscriptions = new CurrentSubscription({ ledger, sync, clock: wallClock, fetchEveryMs })
  const sessions = new CheckoutSessions({ ledger, leases, flowglad, leaseWaitMs })
  const checkout = createCheckout({ flowglad, sessions, subscriptions, publicUrl, returnPaths })
  const changes = new PlanChanges({ ledger, flowglad, sync, subscriptions, statements, clock: wallClock })
  const throttle = new Throttle({ burst: fetchBurst, everyMs: fetchEveryMs, clock })
  const previewChange = createPreviewChange({ ledger: fullLedger, flowglad, statements, throttle })

  const bounded = createBoundPerCustomer(maxPlanRequests)
  // Reads have a separate limit, so that they never prevent a plan change.
  const boundedRead = createBoundPerCustomer(maxPlanRequests)

  const offers = async (): Promise<PlanOffer[]> => (await askFlowglad(catalog.get())).offers

  async function offer(priceSlug: string): Promise<PlanOffer> {
    const found = (await offers()).find((candidate) => candidate.priceSlug === priceSlug)
    if (!found) throw new PlanChangeError(`"${priceSlug}" is not for sale. Choose another plan or pack.`)
    return found
  }

  // A plan change forfeits packs even if a renewal is unpaid, so the past-due terms don't apply.
  const forfeits = async ({ id }: Customer, target: Pick<PlanOffer, 'kind' | 'isFree'>) =>
    forfeitsOf(target, await offers(), balanceRows(id, await fullLedger.balances(id), meters))

  return {
    /** Returns the plans and packs for sale. */
    offers,

    /**
     * Opens a hosted checkout page for a plan or a pack. `forfeits` lists the pack units that the customer
     * loses when the payment succeeds. To move from one paid plan to another, use `changePlan`. Requests with
     * the same key return the same page while it is open.
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
