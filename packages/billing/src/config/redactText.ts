/** The maximum length of a logged text. An error can contain a whole response. */
const maxLength = 2_000

/** The maximum length of an email address. */
const maxAddressLength = 254

const word = /[^\s"'`<>()[\]{},:;=\\]+/g
const lastWord = /[^\s"'`<>()[\]{},:;=\\]*$/
// This pattern is applied to single words. In a whole text, a search would scan a long word again from each
// of its characters.
const emailAddress = /[^@]@[^@]+\.[^@]/
/** Matches Flowglad's API keys and webhook secrets. */
const secret = /\b(sk|pk|whsec)_[\w+/=-]+/g

/**
 * Returns a text that is safe to log. Removes email addresses, Flowglad's keys and webhook secrets, and cuts the text
 * to about 2,000 characters. Errors from databases, Flowglad and other services can repeat parts of a request.
 *
 * @example
 * redactText('No user ada@example.com') // 'No user [removed]'
 */
export function redactText(text: string): string {
  if (text.length <= maxLength) return withoutSecrets(text)
  // Also remove the last word, because the pattern doesn't match an email address that was cut off.
  const end = maxLength - maxAddressLength
  return `${withoutSecrets(text.slice(0, end) + text.slice(end, maxLength).replace(lastWord, ''))}…`
}

function withoutSecrets(text: string): string {
  const keyless = text.replace(secret, '$1_[removed]')
  // Each charge is logged, so search for addresses word by word only if the text can contain one.
  if (!keyless.includes('@')) return keyless
  return keyless.replace(word, (found) => (emailAddress.test(found) ? '[removed]' : found))
}
