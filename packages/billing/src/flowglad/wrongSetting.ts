import { APIError } from '@flowglad/node'
import { SetupError } from '../config/setupError.ts'
import { flowgladError } from './flowgladError.ts'

/**
 * Returns an error with instructions if a failed request shows that `flowglad.secretKey` or
 * `flowglad.baseUrl` is wrong. Returns null for any other failure. A gateway's error page (5xx) doesn't
 * indicate a wrong setting.
 */
export function wrongSetting(error: unknown, baseUrl: string): SetupError | null {
  if (!(error instanceof APIError) || error.status === undefined || error.status >= 500) return null
  const { status } = error
  if (/^text\/html/i.test(error.headers?.get('content-type') ?? '')) return notFlowglad(baseUrl, `${status}`)
  if (status === 401 || status === 403) {
    return new SetupError(
      `Flowglad rejects \`flowglad.secretKey\` (${status}). Copy the key of this pricing model from Flowglad's dashboard.`,
      { cause: error },
    )
  }
  // If Flowglad returns 404 for an unknown customer or price, the body has Flowglad's own error format.
  return status === 404 && !flowgladError(error) ? notFlowglad(baseUrl, '404') : null
}

/** Returns the error for an answer that doesn't come from Flowglad's API. */
export const notFlowglad = (baseUrl: string, answer: string) =>
  new SetupError(
    `\`flowglad.baseUrl\` ${baseUrl} is not Flowglad's API (${answer}). Use the address of Flowglad or flowglad-local, without a path.`,
  )
