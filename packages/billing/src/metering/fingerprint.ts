import { createHash } from 'node:crypto'
import { BillingError } from '../contract/errors.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'

export function parseKey(key: string): string {
  if (keyPattern.test(key)) return key
  throw new BillingError({ code: 'KEY_INVALID', key: printable(key) }, keyRule)
}

/** What tells a retry from another operation under the same key: SHA-256 (hex) of the raw input, whatever the order of its fields. */
export function fingerprint(rawInput: unknown): string {
  return createHash('sha256').update(canonical(rawInput, 0)).digest('hex')
}

const deepest = 200

function canonical(value: unknown, depth: number): string {
  if (depth > deepest) throw new TypeError('An input this deep cannot be fingerprinted')
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
  throw new TypeError('Only JSON input can be fingerprinted: call without an idempotency key')
}
