import { BillingError } from '../contract/errors.ts'
import { keyPattern, keyRule, printable } from '../contract/keyFormat.ts'

/** Returns the key. Throws `KEY_INVALID` if the key violates `keyRule`. */
export function parseKey(key: string): string {
  if (keyPattern.test(key)) return key
  throw keyInvalid(key)
}

export const keyInvalid = (key: string) =>
  new BillingError({ code: 'KEY_INVALID', key: printable(key) }, keyRule)
