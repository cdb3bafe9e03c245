import type { Meters } from '../contract/meters.ts'
import type { PastDue } from '../contract/pastDue.ts'
import { allowanceOf, graceEndOf } from '../ledger/core/pastDue.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import type { Balance, CustomerBalances } from '../ledger/reads.ts'
import type { PastDueTerms } from '../metering/pastDueTerms.ts'

/**
 * The balances and features that a customer can use. While a renewal is overdue, the customer may have fewer
 * units and features than the plan includes.
 */
export interface UsableBalances extends CustomerBalances {
  pastDue?: PastDue
  /** The features of the plan that the customer can't use until the renewal is paid. */
  withheld: string[]
}

/** A ledger that returns only the balances and features that the customer can use. */
export type CustomerLedger = Omit<LedgerForCalls, 'balances' | 'lastCommitted'> & {
  balances(customer: string): Promise<UsableBalances>
  lastCommitted(customer: string, since: number): UsableBalances | null
}

/** Returns a ledger that applies the past-due terms to its balances. `reserve` applies the same terms. */
export const customerLedger = (
  ledger: LedgerForCalls,
  meters: Meters,
  terms: PastDueTerms,
): CustomerLedger => ({
  ...ledger,
  balances: async (customer) => usableBalances(await ledger.balances(customer), meters, terms),
  lastCommitted(customer, since) {
    const last = ledger.lastCommitted(customer, since)
    return last && usableBalances(last, meters, terms)
  },
})

function usableBalances(
  balances: CustomerBalances,
  meters: Meters,
  { rule, billingUrl }: PastDueTerms,
): UsableBalances {
  const { snapshot } = balances
  const { subscription, pastDue } = snapshot ?? {}
  if (!snapshot || !subscription || !pastDue) return { ...balances, withheld: [] }
  const { allowed } = allowanceOf(rule, pastDue, subscription)
  const features = usableFeatures(subscription, meters, allowed)
  return {
    ...balances,
    snapshot: { ...snapshot, subscription: { ...subscription, features } },
    balances:
      allowed === 'free'
        ? snapshot.free
        : allowed === 'none'
          ? balances.balances.map(empty)
          : balances.balances,
    withheld: subscription.features.filter((feature) => !features.includes(feature)),
    pastDue: {
      since: pastDue.since,
      graceEndsAt: rule ? graceEndOf(pastDue, rule.graceMs) : null,
      state: states[allowed],
      upgradeUrl: billingUrl,
    },
  }
}

type Allowed = ReturnType<typeof allowanceOf>['allowed']

const states = { all: 'grace', noOverage: 'free', free: 'free', none: 'denied' } as const satisfies Record<
  Allowed,
  PastDue['state']
>

const empty = (balance: Balance): Balance => ({ ...balance, available: 0, limit: 0 })

/**
 * Returns the features that the customer can use. After the grace period, no feature allows overage. Instead
 * of a paid plan's features, the customer has the default plan's features, except those that lift a limit.
 */
function usableFeatures(
  { features, freePlan }: { features: string[]; freePlan?: { features: string[] } | undefined },
  meters: Meters,
  allowed: Allowed,
): string[] {
  const policies = Object.values(meters)
  const allows = (feature: string) => policies.some(({ overage }) => overage?.withFeature === feature)
  const lifts = (feature: string) => policies.some(({ unlimitedBy }) => unlimitedBy === feature)
  switch (allowed) {
    case 'all':
      return features
    case 'noOverage':
      return features.filter((feature) => !allows(feature))
    case 'free':
      return (freePlan?.features ?? []).filter((feature) => !allows(feature) && !lifts(feature))
    case 'none':
      return []
    default:
      return allowed satisfies never
  }
}
