import { SetupError } from '../config/setupError.ts'
import { unavailable } from '../contract/errors.ts'
import type { LedgerUnavailableError } from './errors.ts'

/**
 * Returns the ledger's answer. If the ledger fails, throws `BILLING_UNAVAILABLE`, because the failure isn't the
 * caller's fault and nothing was charged. Rethrows an `InvalidCommandError` and a `SetupError` unchanged.
 */
export const onLedger = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    if (isInvalidCommand(error) || error instanceof SetupError) throw error
    throw unavailable(1_000, error)
  })

/** Returns `BILLING_UNAVAILABLE` for a `LedgerUnavailableError`, and any other error unchanged. */
export const withoutLedger = (error: unknown): unknown =>
  isLedgerUnavailable(error) ? unavailable(1_000, error) : error

// These functions compare error names, because another copy of this package may have created the ledger.

export const isLedgerUnavailable = (error: unknown): error is LedgerUnavailableError =>
  error instanceof Error && error.name === 'LedgerUnavailableError'

/** Returns whether the error reports a malformed command. Retrying such a command can't succeed. */
export const isInvalidCommand = (error: unknown) =>
  error instanceof Error && error.name === 'InvalidCommandError'
