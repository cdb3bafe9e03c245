import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// Skip bytes at or above this value, because they would make the alphabet's first characters more likely.
const unbiasedBelow = 256 - (256 % alphabet.length)

/** Returns an ID in Flowglad's format: a prefix such as `cust_`, then 21 letters and digits. */
export const createId = (prefix: string) => `${prefix}_${createName()}`

/** Returns 21 random letters and digits, for an ID or for an anonymous payer's external ID. */
export function createName(): string {
  let id = ''
  while (id.length < 21) {
    for (const byte of randomBytes(32)) {
      if (byte < unbiasedBelow && id.length < 21) id += alphabet[byte % alphabet.length]
    }
  }
  return id
}

/** Returns eight hex digits, the format of Flowglad's `request_id`. */
export const createRequestId = () => randomBytes(4).toString('hex')

/** Returns seven upper-case hex digits, the prefix of a customer's invoice numbers. */
export const createInvoiceNumberBase = () => randomBytes(4).toString('hex').slice(0, 7).toUpperCase()
