import { type BalanceRow, type BalancesAnswer, billingDenial, type Denial } from '@metered/billing/client'

/** The used share from which customers see a notice, before they run out. */
export const noticeShare = 0.8
const criticalShare = 0.9

/** Why a customer can't make the next call; `open` if they can. */
export type Paywall<Meter extends string = string> =
  | { state: 'open' }
  /** 80 % or more is used. `percent` is the share used, a whole number; it is 100 only when overage goes beyond the grant. */
  | { state: 'approaching'; balance: BalanceRow<Meter>; percent: number; critical: boolean }
  /** Units are left, but fewer than the denied call needs. */
  | { state: 'short'; balance: BalanceRow<Meter>; required: number }
  /** No unit is left; the `held` units of running work may still be returned. */
  | { state: 'exhausted'; balance: BalanceRow<Meter>; held: number }
  | { state: 'feature'; feature: string; upgradeUrl: string }
  | { state: 'noSubscription'; upgradeUrl: string }

/** Returns the paywall before a call, from the balance of one meter. */
export function paywallOfMeter<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  meter: Meter,
): Paywall<Meter> {
  const balance = balances?.balances.find((row) => row.meter === meter)
  // Not `available === 0`: running work may return units, and overage continues past the grant.
  if (balance?.status === 'exhausted') return { state: 'exhausted', balance, held: balance.held }
  if (balance === undefined || balance.unlimited || balance.share < noticeShare) return { state: 'open' }
  return {
    state: 'approaching',
    balance,
    // Rounded down, so that it never says 100 % while units are left.
    percent: Math.floor(balance.share * 100),
    critical: balance.share > criticalShare,
  }
}

/** Returns the paywall after a failed call. It opens once the balance suffices: after a top-up, a renewal, or an upgrade in another tab. */
export function paywallOfError<Meter extends string>(
  balances: BalancesAnswer<Meter> | undefined,
  error: unknown,
): Paywall<Meter> {
  const denial: Denial<string> | null = billingDenial(error)
  if (denial === null) return { state: 'open' }
  switch (denial.code) {
    case 'INSUFFICIENT_CREDITS': {
      // The first meter that is still short, because buying units of another one would not open the paywall.
      for (const { meter, required } of [denial, ...denial.meters]) {
        const balance = balances?.balances.find((row) => row.meter === meter)
        if (balance === undefined || balance.available === null || balance.available >= required) continue
        if (balance.available > 0) return { state: 'short', balance, required }
        // No unit is left or held, but the meter isn't exhausted: the plan allows overage.
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
      return { state: 'open' } // No plan or pack changes these.
    default:
      return denial satisfies never
  }
}
