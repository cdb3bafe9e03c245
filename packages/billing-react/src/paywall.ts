import { type BalanceRow, type BalancesAnswer, billingDenial, type Denial } from '@metered/billing/client'

/** Customers see a notice once this share of their units is used. */
export const noticeShare = 0.8
const criticalShare = 0.9

/**
 * The paywall to show to a customer. In the states `open` and `approaching`, the customer can make the next
 * call.
 */
export type Paywall<Meter extends string = string> =
  | { state: 'open' }
  /**
   * At least 80% of the units are used. `percent` is the percentage of units used, rounded down.
   * `percent` reaches 100 only on plans with overage.
   */
  | { state: 'approaching'; balance: BalanceRow<Meter>; percent: number; critical: boolean }
  /** Units are left, but fewer than the denied call needs. */
  | { state: 'short'; balance: BalanceRow<Meter>; required: number }
  /** No units are left. Running work may still return its `held` units. */
  | { state: 'exhausted'; balance: BalanceRow<Meter>; held: number }
  | { state: 'feature'; feature: string; upgradeUrl: string }
  /** A renewal of the plan is unpaid. The customer can't use more units until the payment arrives. */
  | { state: 'overdue'; since: number; upgradeUrl: string }
  | { state: 'noSubscription'; upgradeUrl: string }
  /** The call would have exceeded a budget. `resetsAt` is null if the billing period never ends. */
  | ({ state: 'budget' } & Omit<Extract<Denial, { code: 'BUDGET_EXCEEDED' }>, 'code'>)

/** Returns the paywall to show before a call that uses the meter. */
export function paywallOfMeter<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  meter: Meter,
): Paywall<Meter> {
  const balance = balances?.balances.find((row) => row.meter === meter)
  // Don't check `available === 0`: running work may return units, and overage allows usage beyond the grant.
  if (balance?.status === 'exhausted') {
    return overduePaywall(balances) ?? { state: 'exhausted', balance, held: balance.held }
  }
  if (balance === undefined || balance.unlimited || balance.share < noticeShare) return { state: 'open' }
  return {
    state: 'approaching',
    balance,
    // Round down, so that the paywall never shows 100% while units are left.
    percent: Math.floor(balance.share * 100),
    critical: balance.share > criticalShare,
  }
}

/** Returns the paywall for an unpaid renewal. Returns null if no renewal is unpaid, or during the grace period. */
function overduePaywall(balances: BalancesAnswer | undefined): Paywall<never> | null {
  const pastDue = balances?.plan?.pastDue
  if (pastDue === undefined || pastDue.state === 'grace') return null
  return { state: 'overdue', since: pastDue.since, upgradeUrl: pastDue.upgradeUrl }
}

/**
 * Returns the paywall to show after a failed call. The state changes back to `open` once the balance is
 * sufficient, for example after a top-up, a renewal or an upgrade. The state `budget` stays until the next call.
 */
export function paywallOfError<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  error: unknown,
): Paywall<Meter> {
  const denial: Denial<string> | null = billingDenial(error)
  if (denial === null) return { state: 'open' }
  switch (denial.code) {
    case 'INSUFFICIENT_CREDITS': {
      // Report the first meter whose balance is still too low, because the customer needs units of this meter.
      for (const { meter, required } of [denial, ...denial.meters]) {
        const balance = balances?.balances.find((row) => row.meter === meter)
        if (balance === undefined || balance.available === null || balance.available >= required) continue
        if (balance.available > 0) return { state: 'short', balance, required }
        // If no units are left or held, but the meter isn't exhausted, it allows overage and doesn't block the call.
        if (balance.held === 0 && balance.status !== 'exhausted') continue
        return { state: 'exhausted', balance, held: balance.held }
      }
      return { state: 'open' }
    }
    case 'FEATURE_NOT_INCLUDED':
      return balances?.plan?.features.includes(denial.feature)
        ? { state: 'open' }
        : { state: 'feature', feature: denial.feature, upgradeUrl: denial.upgradeUrl }
    case 'PAYMENT_OVERDUE':
      return overduePaywall(balances) ?? { state: 'open' }
    case 'BUDGET_EXCEEDED': {
      const { code: _, ...budget } = denial
      return { state: 'budget', ...budget }
    }
    case 'NO_SUBSCRIPTION':
      return balances?.plan ? { state: 'open' } : { state: 'noSubscription', upgradeUrl: denial.upgradeUrl }
    case 'CUSTOMER_ARCHIVED':
    case 'STREAM_REPLACED':
    case 'IN_PROGRESS':
    case 'KEY_REUSED':
    case 'ALREADY_COMPLETED':
    case 'KEY_INVALID':
    case 'KEY_REQUIRED':
    case 'FOREIGN_ORIGIN':
    case 'PREFETCH':
    case 'BILLING_UNAVAILABLE':
      return { state: 'open' } // A plan or a pack can't resolve these denials.
    default:
      return denial satisfies never
  }
}
