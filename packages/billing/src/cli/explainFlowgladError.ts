import { APIError } from '@flowglad/node'
import { ZodError } from 'zod'
import { SetupError } from '../config/setupError.ts'
import { withCauses } from '../contract/causes.ts'
import { flowgladError } from '../flowglad/flowgladError.ts'
import { CommandError } from './command.ts'

/**
 * Returns an error that tells a command's user why a request to Flowglad failed. `wanted` completes the
 * sentence "Flowglad can't …".
 */
export function explainFlowgladError(
  error: unknown,
  { url, wanted }: { url: string; wanted: string },
): Error {
  const causes = [...withCauses(error)]
  const failure = causes.find((it) => it instanceof APIError)
  const rejection = flowgladError(failure)
  if (rejection) return new CommandError(`Flowglad can't ${wanted}: ${rejection.message}`)
  if (failure?.status === 401 || failure?.status === 403)
    return new CommandError(
      `Flowglad rejects FLOWGLAD_SECRET_KEY (${failure.status}). Copy the key from Flowglad's dashboard.`,
    )
  if (error instanceof SetupError || error instanceof ZodError) return notFlowglad(url)
  if (!failure) return error instanceof Error ? error : new Error(String(error))
  // The last cause in the chain is the reason why there is no connection.
  const cause = causes.at(-1)
  const reason = failure.status ?? (cause instanceof Error ? cause.message : failure.message)
  return new CommandError(`Flowglad at ${url} is unavailable: ${reason}`)
}

/** Returns the error for an answer that doesn't come from Flowglad's API. */
export const notFlowglad = (url: string) =>
  new CommandError(
    `FLOWGLAD_BASE_URL ${url} is not Flowglad's API: the response has an unknown format. Check the address.`,
  )
