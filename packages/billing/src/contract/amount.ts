import { InvalidAmountError } from './errors.ts'

/** The largest allowed amount. Flowglad stores amounts as int32. */
export const maxAmount = 2 ** 31 - 1

/**
 * Throws an `InvalidAmountError` unless `amount` is an integer from `least` to `maxAmount`. `what` names the
 * amount in the error message.
 */
export function assertAmount(amount: unknown, least: 0 | 1, what: string): asserts amount is number {
  if (typeof amount === 'number' && Number.isInteger(amount) && amount >= least && amount <= maxAmount) return
  throw new InvalidAmountError(
    `${what} must be an integer from ${least} to ${maxAmount}, not ${String(amount)}`,
  )
}
