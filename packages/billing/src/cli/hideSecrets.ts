/**
 * Returns a function that replaces secrets in its input: the passwords of connection strings, and secret keys.
 * `given` lists the values that can be or contain a secret.
 */
export function hideSecrets(given: (string | undefined)[]): (text: string) => string {
  const secrets = given.flatMap((it) => (it === undefined ? [] : secretsIn(it))).filter((it) => it !== '')
  // Replace longer secrets first, because one secret can contain another.
  secrets.sort((a, b) => b.length - a.length)
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
}

function secretsIn(value: string): string[] {
  if (/^sk_/.test(value)) return [value]
  const raw = /:\/\/[^:@/]*:([^/]*)@/.exec(value)?.[1] ?? ''
  const inQuery = /[?&]password=([^&]*)/.exec(value)?.[1] ?? ''
  return [raw, inQuery].flatMap((it) => [it, decoded(it)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
