import type { BillingRequest, MiddlewareCall } from './billingRequest.ts'
import { keyIn } from './inputKey.ts'

/**
 * Returns the raw input, or undefined if it can't be read. If the procedure needs an input, its validator rejects
 * undefined.
 */
export const rawInputOf = ({ getRawInput }: Pick<MiddlewareCall, 'getRawInput'>): Promise<unknown> =>
  getRawInput().catch(() => undefined)

/**
 * Returns the key from the request header or the input, or null if the client sent no key. Throws
 * `KEY_INVALID` if the key is malformed.
 */
export const callKey = async (request: BillingRequest | null, call: MiddlewareCall): Promise<string | null> =>
  request?.keyOf(call) ?? keyIn(await rawInputOf(call))
