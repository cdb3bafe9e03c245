import type { BillingRequest, MiddlewareCall } from './billingRequest.ts'
import { keyIn } from './inputKey.ts'

/**
 * Returns the raw input, or undefined if it can't be read. If the procedure needs an input, its validator
 * rejects undefined.
 */
export const rawInputOf = ({ getRawInput }: Pick<MiddlewareCall, 'getRawInput'>): Promise<unknown> =>
  getRawInput().catch(() => undefined)

/**
 * Returns the key from the request header or the input, or null if the client sent no key. Throws
 * `KEY_INVALID` if the key is malformed. Doesn't read a body that can't contain a key, because reading a body
 * is slow. For a procedure without an input, tRPC doesn't read the body either.
 */
export async function callKey(request: BillingRequest | null, call: MiddlewareCall): Promise<string | null> {
  const key = request?.keyOf(call) ?? null
  if (key !== null || request?.canHaveInput(call) === false) return key
  return keyIn(await rawInputOf(call))
}
