import type { Logger } from './logger.ts'

/** The text of an error can contain a whole response, which has no maximum length. */
const maxLength = 2_000

/** The longest email address. */
const maxAddressLength = 254

const word = /[^\s"'`<>()[\]{},:;=\\]+/g
const lastWord = /[^\s"'`<>()[\]{},:;=\\]*$/
// Tested on single words. A search for whole addresses in the text would read a long word again from each of its
// characters.
const emailAddress = /[^@]@[^@]+\.[^@]/
/** Flowglad's keys, and the keys of webhooks. */
const secret = /\b(sk|pk|whsec)_[\w+/=-]+/g

/**
 * Returns a logger that removes email addresses and keys from every text, and cuts long texts. Flowglad's and the
 * database's errors can repeat parts of a request.
 */
export function redactingLogger(logger: Logger): Logger {
  return {
    info: (detail, message) => logger.info(redactedDetail(detail), redacted(message)),
    warn: (detail, message) => logger.warn(redactedDetail(detail), redacted(message)),
    error: (detail, message) => logger.error(redactedDetail(detail), redacted(message)),
  }
}

const redactedDetail = (detail: object) =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' ? redacted(value) : value,
    ]),
  )

function redacted(text: string): string {
  if (text.length <= maxLength) return withoutSecrets(text)
  // The start of an address that the cut divides isn't recognized as an address.
  const end = maxLength - maxAddressLength
  return `${withoutSecrets(text.slice(0, end) + text.slice(end, maxLength).replace(lastWord, ''))}…`
}

const withoutSecrets = (text: string) =>
  text
    .replace(secret, '$1_[removed]')
    .replace(word, (found) => (emailAddress.test(found) ? '[removed]' : found))
