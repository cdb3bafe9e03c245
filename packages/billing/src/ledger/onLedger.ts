import { unavailable } from '../contract/errors.ts'
import { LedgerUnavailableError } from './errors.ts'

/**
 * Returns the ledger's answer. If the ledger fails, throws `BILLING_UNAVAILABLE` instead of the error, because the caller did nothing
 * wrong and was charged nothing. An `InvalidCommandError` stays as it is.
 */
export async function onLedger<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isInvalidCommand(error)) throw error
    throw unavailable(1_000, error)
  }
}

/** Returns `BILLING_UNAVAILABLE` for a `LedgerUnavailableError`, and any other error as it is. */
export const withoutLedger = (error: unknown): unknown =>
  error instanceof LedgerUnavailableError ? unavailable(1_000, error) : error

/** Returns whether the command was malformed, so a retry can't succeed. */
export const isInvalidCommand = (error: unknown) =>
  error instanceof Error && error.name === 'InvalidCommandError'
