import { unavailable } from '../contract/errors.ts'
import { LedgerUnavailableError } from './errors.ts'

/**
 * Returns the ledger's answer. If the ledger fails, throws `BILLING_UNAVAILABLE` instead: the failure isn't
 * the caller's fault, and nothing was charged. Rethrows an `InvalidCommandError` unchanged.
 */
export async function onLedger<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isInvalidCommand(error)) throw error
    throw unavailable(1_000, error)
  }
}

/** Returns `BILLING_UNAVAILABLE` for a `LedgerUnavailableError`, and any other error unchanged. */
export const withoutLedger = (error: unknown): unknown =>
  error instanceof LedgerUnavailableError ? unavailable(1_000, error) : error

/** Returns whether the error reports a malformed command. A retry then can't succeed. */
export const isInvalidCommand = (error: unknown) =>
  error instanceof Error && error.name === 'InvalidCommandError'
