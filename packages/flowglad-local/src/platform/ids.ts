import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// Bytes of this value or higher would favor the first letters of the alphabet.
const unbiasedBelow = 256 - (256 % alphabet.length)

/** Returns an ID in Flowglad's form: a prefix such as `cust_` and 21 letters and digits. */
export const createId = (prefix: string) => `${prefix}_${createName()}`

/** Returns 21 random letters and digits. Also serves as the external ID of a customer created without one. */
export function createName(): string {
  let id = ''
  while (id.length < 21) {
    for (const byte of randomBytes(32)) {
      if (byte < unbiasedBelow && id.length < 21) id += alphabet[byte % alphabet.length]
    }
  }
  return id
}

/** Returns eight hex digits: Flowglad's `request_id`. */
export const createRequestId = () => randomBytes(4).toString('hex')

/** Returns seven upper-case hex digits, which a customer's invoice numbers start with. */
export const createInvoiceNumberBase = () => randomBytes(4).toString('hex').slice(0, 7).toUpperCase()
