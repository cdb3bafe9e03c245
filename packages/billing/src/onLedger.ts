import { unavailable } from './errors.ts'

/** A ledger that cannot answer is not the caller's fault, and nothing was charged. */
export async function onLedger<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isInvalidCommand(error)) throw error
    throw unavailable(1_000, error)
  }
}

/** The command itself was wrong: asking again changes nothing. */
export const isInvalidCommand = (error: unknown) =>
  error instanceof Error && error.name === 'InvalidCommandError'
