import { billingDenial } from '../contract/billingDenial.ts'
import { keyProperty } from '../contract/keyFormat.ts'

/**
 * Returns whether the input can carry a key. The input must be undefined, or a plain object without the
 * properties `idempotency-key` and `toJSON`.
 */
export function canCarryKey(input: unknown): input is object | undefined {
  if (input === undefined) return true
  return isPlainObject(input) && !(keyProperty in input) && !('toJSON' in input)
}

/**
 * Returns whether the value is a plain object, including an object from another realm, such as an iframe.
 * Returns false for arrays, FormData and class instances.
 */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Returns a copy of the input that carries the key. */
export const withKey = (input: object | undefined, key: string): object => ({
  ...input,
  [keyProperty]: key,
})

/**
 * Returns a copy of the input that carries the key in WebSocket messages, but not in HTTP requests.
 * `JSON.stringify` passes the property's name to `toJSON`. In a WebSocket message, tRPC puts the input into a
 * property called `input`. An HTTP request contains the input itself or, in a batch, an object that maps
 * indexes to inputs.
 *
 * A data transformer copies the input without the hidden `toJSON`, so its output always carries the key.
 */
export function withKeyInMessages(input: object | undefined, key: string): object {
  const carried = withKey(input, key)
  const toJSON = (property: string) => (property === 'input' ? withKey(input, key) : input)
  return Object.defineProperty(carried, 'toJSON', { value: toJSON })
}

/**
 * Returns whether the procedure's schema rejected an input because of its key. A strict object schema's error
 * names the unknown property. A procedure that takes no input rejects the object that replaced `undefined`.
 */
export function rejectsKey(error: ClientError, input: unknown): boolean {
  if (error.data?.code !== 'BAD_REQUEST' || billingDenial(error) !== null) return false
  // An app's error formatter can move the schema's message into `data`.
  const text = JSON.stringify([error.message, { ...error.data, stack: null, path: null }])
  return text.includes(keyProperty) || (input === undefined && /\b(void|undefined|never)\b/i.test(text))
}

interface ClientError {
  message: string
  data?: { code?: unknown } | null | undefined
}
