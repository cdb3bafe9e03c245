import { createHash } from 'node:crypto'
import { BillingError, InvalidInputError } from '../contract/errors.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'

/** Returns the key. Throws `KEY_INVALID` if the key violates `keyRule`. */
export function parseKey(key: string): string {
  if (keyPattern.test(key)) return key
  throw keyInvalid(key)
}

/** Creates the `KEY_INVALID` denial. */
export const keyInvalid = (key: string) =>
  new BillingError({ code: 'KEY_INVALID', key: printable(key) }, keyRule)

/**
 * Returns the raw input's fingerprint, which distinguishes a retry from a different operation under the same
 * key. The fingerprint is a SHA-256 hash in hex and doesn't depend on the order of fields. Throws an
 * `InvalidInputError` if the input is nested too deeply or contains a class instance.
 */
export function fingerprint(rawInput: unknown): string {
  return createHash('sha256').update(canonical(rawInput, 0)).digest('hex')
}

const maxDepth = 200

function canonical(value: unknown, depth: number): string {
  if (depth > maxDepth) {
    throw new InvalidInputError('The input is nested too deeply to be used with a key. Call without a key.')
  }
  if (value === undefined) return 'undefined'
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    typeof value === 'number'
  ) {
    return JSON.stringify(value)
  }
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`
  if (value instanceof Date) return `date:${value.getTime()}`
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field, depth + 1)}`).join()}}`
  }
  throw new InvalidInputError('Only JSON input can be used with a key. Call without a key.')
}
