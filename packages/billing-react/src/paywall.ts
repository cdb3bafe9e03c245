import { type BalanceRow, type BalancesAnswer, billingDenial, type Denial } from '@metered/billing/client'

/** From this share of a meter on, people are told before they run out. */
export const noticeShare = 0.8
const criticalShare = 0.9

/** What stands between a person and the next call; `open` is nothing. */
export type Paywall<Meter extends string = string> =
  | { state: 'open' }
  /** 80 % and more of the meter is used. `percent` is the share used, a whole number; 100 only beyond a grant with overage. */
  | { state: 'approaching'; balance: BalanceRow<Meter>; percent: number; critical: boolean }
  /** Something is left, but less than the refused call needs. */
  | { state: 'short'; balance: BalanceRow<Meter>; required: number }
  /** Nothing is left; `held` units of running work may still come back. */
  | { state: 'exhausted'; balance: BalanceRow<Meter>; held: number }
  | { state: 'feature'; feature: string; upgradeUrl: string }
  | { state: 'noSubscription'; upgradeUrl: string }

/** The paywall before a call: what the balance of one meter says. */
export function paywallOfMeter<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  meter: Meter,
): Paywall<Meter> {
  const balance = balances?.balances.find((row) => row.meter === meter)
  // Not `available === 0`: running work may give units back, and an overage goes on past the grant.
  if (balance?.status === 'exhausted') return { state: 'exhausted', balance, held: balance.held }
  if (balance === undefined || balance.unlimited || balance.share < noticeShare) return { state: 'open' }
  return {
    state: 'approaching',
    balance,
    // Rounded down: "100 %" while something is left would be a lie.
    percent: Math.floor(balance.share * 100),
    critical: balance.share > criticalShare,
  }
}

/** The paywall after a refused call; it opens by itself when the balance suffices again (a top-up, a renewal, another tab's upgrade). */
export function paywallOfError<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  error: unknown,
): Paywall<Meter> {
  const denial: Denial<string> | null = billingDenial(error)
  if (denial === null) return { state: 'open' }
  switch (denial.code) {
    case 'INSUFFICIENT_CREDITS': {
      // The first of the short meters that still is one: buying more of another opens nothing.
      for (const { meter, required } of [denial, ...denial.meters]) {
        const balance = balances?.balances.find((row) => row.meter === meter)
        if (balance === undefined || balance.available === null || balance.available >= required) continue
        if (balance.available > 0) return { state: 'short', balance, required }
        // Nothing left, nothing held and yet not exhausted: the plan of today lets usage past its grant.
        if (balance.held === 0 && balance.status !== 'exhausted') continue
        return { state: 'exhausted', balance, held: balance.held }
      }
      return { state: 'open' }
    }
    case 'FEATURE_NOT_INCLUDED':
      return balances?.plan?.features.includes(denial.feature)
        ? { state: 'open' }
        : { state: 'feature', feature: denial.feature, upgradeUrl: denial.upgradeUrl }
    case 'NO_SUBSCRIPTION':
      return balances?.plan ? { state: 'open' } : { state: 'noSubscription', upgradeUrl: denial.upgradeUrl }
    case 'IN_PROGRESS':
    case 'KEY_REUSED':
    case 'ALREADY_COMPLETED':
    case 'KEY_INVALID':
    case 'KEY_REQUIRED':
    case 'BILLING_UNAVAILABLE':
      return { state: 'open' } // no plan changes any of these
    default:
      return denial satisfies never
  }
}
