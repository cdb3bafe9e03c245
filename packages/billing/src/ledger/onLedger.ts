import { unavailable } from '../contract/errors.ts'
import { LedgerUnavailableError } from './errors.ts'

/** A ledger that cannot answer is not the caller's fault, and nothing was charged. */
export async function onLedger<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isInvalidCommand(error)) throw error
    throw unavailable(1_000, error)
  }
}

/** The same for an error that came so far by itself, from a read; any other stays as it is. */
export const withoutLedger = (error: unknown): unknown =>
  error instanceof LedgerUnavailableError ? unavailable(1_000, error) : error

/** The command itself was wrong: asking again changes nothing. */
export const isInvalidCommand = (error: unknown) =>
  error instanceof Error && error.name === 'InvalidCommandError'
