import { BillingError, InsufficientCreditsError, unavailable } from '../contract/errors.ts'
import type { ShortLeg } from '../ledger/commands.ts'

/** What the ledger's answers about a key mean to its caller. */
export const keyError = (
  answer:
    | { state: 'inProgress'; retryAfterMs: number }
    | { state: 'keyReused' }
    | { state: 'alreadyCompleted' },
  key: string,
) => {
  switch (answer.state) {
    case 'inProgress':
      return new BillingError(
        { code: 'IN_PROGRESS', key, retryAfterMs: answer.retryAfterMs },
        'A call under this idempotency key is still running.',
      )
    case 'keyReused':
      return new BillingError({ code: 'KEY_REUSED', key }, 'This idempotency key was used for another input.')
    case 'alreadyCompleted':
      return new BillingError(
        { code: 'ALREADY_COMPLETED', key },
        'This call was completed and charged before; its result was not kept.',
      )
  }
}

/** Out of credits, as far as that is certain. */
export function shortage(legs: ShortLeg[], asOf: number, upgradeUrl: string): BillingError {
  // Units whose fate at Flowglad is unknown may come back: short by no more than those is not out of credits.
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
