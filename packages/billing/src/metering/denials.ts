import { BillingError, InsufficientCreditsError, unavailable } from '../contract/errors.ts'
import type { ShortLeg } from '../ledger/answers.ts'

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
  const certain = legs.filter(({ required, available, ambiguous }) => required - available > ambiguous)
  const [first] = certain
  if (!first) return unavailable(2_000)
  return new InsufficientCreditsError(first.meter, first.available, first.required, {
    heldBalance: first.held,
    asOf,
    upgradeUrl,
    meters: certain.map(({ meter, available, held, required }) => ({
      meter,
      availableBalance: available,
      heldBalance: held,
      required,
    })),
  })
}

/** Returns the denial for a customer without a current subscription. */
export const noSubscription = (upgradeUrl: string) =>
  new BillingError(
    { code: 'NO_SUBSCRIPTION', upgradeUrl },
    'There is no current subscription. Choose a plan first.',
  )
