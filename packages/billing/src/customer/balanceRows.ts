import type { BalanceRow, BalanceStatus, BalancesAnswer } from '../contract/balances.ts'
import type { Meters } from '../contract/meters.ts'
import type { PastDue } from '../contract/pastDue.ts'
import type { PlanSummary } from '../contract/plans.ts'
import type { Snapshot } from '../ledger/commands.ts'
import type { CustomerBalances } from '../ledger/reads.ts'

/**
 * Returns a customer's balances for display: one row for each of the app's meters, in the app's order. Before
 * the first snapshot, there are no rows.
 */
export function balanceRows(
  customer: string,
  { version, lastAlertAt, snapshot, balances, pastDue }: CustomerBalances & { pastDue?: PastDue },
  meters: Meters,
  nameOf: (meter: string) => string = (meter) => meter,
): BalancesAnswer {
  if (!snapshot) return { customer, version, balances: [], plan: null, asOf: null, lastAlertAt }
  const features = new Set(snapshot.subscription?.features ?? [])
  return {
    customer,
    version,
    lastAlertAt,
    asOf: snapshot.asOf,
    plan: planSummary(snapshot.subscription, pastDue),
    balances: Object.entries(meters).map(([meter, policy]): BalanceRow => {
      const account = balances.find((balance) => balance.meter === meter)
      const { available, held, used, limit, adjusted, parked } = account ?? noAccount
      const unlimited = policy.unlimitedBy !== undefined && features.has(policy.unlimitedBy)
      const overage = policy.overage !== undefined && features.has(policy.overage.withFeature)
      const share = unlimited ? 0 : limit <= 0 ? 1 : Math.min(1, Math.max(0, used / limit))
      return {
        meter,
        name: nameOf(meter),
        available: unlimited ? null : Math.max(0, available),
        held,
        used: Math.max(0, used),
        limit: unlimited ? null : Math.max(0, limit),
        adjusted,
        unlimited,
        share,
        status: unlimited ? 'unlimited' : statusOf(share, available, held, overage),
        renewsAt: unlimited || limit > 0 ? (snapshot.subscription?.periodEnd ?? null) : null,
        asOf: snapshot.asOf,
        parked,
        version,
      }
    }),
  }
}

const noAccount = { available: 0, held: 0, used: 0, limit: 0, adjusted: 0, parked: 0 }

function statusOf(share: number, available: number, held: number, overage: boolean): BalanceStatus {
  // Held units may be returned, so held units alone don't exhaust the balance. With overage, usage can exceed
  // the grant.
  if (!overage && available <= 0 && (held === 0 || share >= 1)) return 'exhausted'
  if (share > 0.9) return 'critical'
  return share > 0.75 ? 'warning' : 'ok'
}

/** Returns a subscription's plan for display. */
export const planSummary = (
  subscription: Snapshot['subscription'],
  pastDue: PastDue | undefined,
): PlanSummary | null =>
  subscription && {
    name: subscription.planName,
    priceSlug: subscription.priceSlug,
    isFree: subscription.isFree,
    status: subscription.status,
    ...(pastDue && { pastDue }),
    renewsAt: subscription.periodEnd,
    cancelsAt: subscription.cancelScheduledAt,
    changesAt: subscription.scheduledAdjustmentAt,
    features: subscription.features,
  }
