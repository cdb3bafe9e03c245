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
 * Returns a text for a log: without email addresses, Flowglad's keys and webhook secrets, and cut to about 2,000
 * characters. Errors of databases, Flowglad and other services can repeat parts of a request.
 *
 * @example
 * redactText('No user ada@example.com') // 'No user [removed]'
 */
export function redactText(text: string): string {
  if (text.length <= maxLength) return withoutSecrets(text)
  // The start of an address that the cut divides isn't recognized as an address.
  const end = maxLength - maxAddressLength
  return `${withoutSecrets(text.slice(0, end) + text.slice(end, maxLength).replace(lastWord, ''))}…`
}

const withoutSecrets = (text: string) =>
  text
    .replace(secret, '$1_[removed]')
    .replace(word, (found) => (emailAddress.test(found) ? '[removed]' : found))
