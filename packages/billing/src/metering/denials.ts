import type { ShortMeter } from '../contract/denials.ts'
import { BillingError, InsufficientCreditsError, paymentOverdue, unavailable } from '../contract/errors.ts'
import type { OverBudget, ReserveAnswer, ShortLeg } from '../ledger/answers.ts'

/** Returns the denial for a key that another call has used. */
export function keyDenial(
  answer:
    | { state: 'inProgress'; retryAfterMs: number }
    | { state: 'keyReused' }
    | { state: 'alreadyCompleted' },
  key: string,
): BillingError {
  switch (answer.state) {
    case 'inProgress':
      return new BillingError(
        { code: 'IN_PROGRESS', key, retryAfterMs: answer.retryAfterMs },
        'A call with this idempotency key is still running. Try again later.',
      )
    case 'keyReused':
      return new BillingError(
        { code: 'KEY_REUSED', key },
        'This idempotency key was used with a different input. Use a new key.',
      )
    case 'alreadyCompleted':
      return new BillingError(
        { code: 'ALREADY_COMPLETED', key },
        'This call has already completed and was charged once. Its result is not available.',
      )
    default:
      return answer satisfies never
  }
}

/**
 * Returns the denial for legs with too few available units. Ignores a leg if its ambiguous units, which
 * Flowglad might have recorded already, cover the shortage. If no leg remains, returns `BILLING_UNAVAILABLE`,
 * because the balance is uncertain.
 */
export function shortageDenial(legs: ShortLeg[], asOf: number, upgradeUrl: string): BillingError {
  const certain = legs.filter(isCertain)
  const [first] = certain
  if (!first) return unavailable(2_000)
  return new InsufficientCreditsError(first.meter, first.available, first.required, {
    heldBalance: first.held,
    asOf,
    upgradeUrl,
    meters: certain.map(shortMeter),
  })
}

/**
 * Returns the denial for a subscription whose grace period is over. If ambiguous units cover the shortage on
 * every leg, returns `BILLING_UNAVAILABLE`, because the balance is uncertain.
 */
export function overdueDenial(
  { legs, since, graceEndsAt, asOf }: Omit<Extract<ReserveAnswer, { state: 'pastDue' }>, 'state'>,
  billingUrl: string,
): BillingError {
  const certain = legs.filter(isCertain)
  if (legs.length > 0 && certain.length === 0) return unavailable(2_000)
  return paymentOverdue({ since, graceEndsAt, asOf, billingUrl, meters: certain.map(shortMeter) })
}

/** Returns the denial for a call that would exceed budgets. Names the budget that resets last. */
export function budgetDenial(budgets: OverBudget[]): BillingError {
  const [last] = budgets.toSorted((a, b) => resetOf(b) - resetOf(a))
  if (!last) throw new Error('No budget is exceeded')
  const { id: _, mode: __, thresholds: ___, ...budget } = last
  const message = `This call would exceed the budget for ${budget.meter}. Limit: ${budget.limit}, used: ${budget.used}, held: ${budget.held}, required: ${budget.required}`
  return new BillingError({ code: 'BUDGET_EXCEEDED', ...budget }, message)
}

const resetOf = ({ resetsAt }: OverBudget) => resetsAt ?? Number.POSITIVE_INFINITY

const isCertain = ({ required, available, ambiguous }: ShortLeg) => required - available > ambiguous

const shortMeter = ({ meter, available, held, required }: ShortLeg): ShortMeter => ({
  meter,
  availableBalance: available,
  heldBalance: held,
  required,
})

/** Returns the denial for a customer without a current subscription. */
export const noSubscription = (upgradeUrl: string) =>
  new BillingError(
    { code: 'NO_SUBSCRIPTION', upgradeUrl },
    'There is no current subscription. Choose a plan first.',
  )
