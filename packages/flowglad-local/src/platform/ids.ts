import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// Bytes at or above this would favour the alphabet's first letters.
const unbiasedBelow = 256 - (256 % alphabet.length)

/** `cust_` + 21 letters and digits, as Flowglad's ids look. */
export const createId = (prefix: string) => `${prefix}_${createName()}`

/** 21 letters and digits: what a customer is called whom nobody named. */
export function createName(): string {
  let id = ''
  while (id.length < 21) {
    for (const byte of randomBytes(32)) {
      if (byte < unbiasedBelow && id.length < 21) id += alphabet[byte % alphabet.length]
    }
  }
  return id
}

/** Eight hex digits: Flowglad's `request_id`. */
export const createRequestId = () => randomBytes(4).toString('hex')

/** Seven upper-case hex digits: the stem of a customer's invoice numbers. */
export const createInvoiceNumberBase = () => randomBytes(4).toString('hex').slice(0, 7).toUpperCase()
