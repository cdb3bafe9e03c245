/**
 * Matches a JSON field whose name indicates a secret, up to the start of the field's value. In JSON within a
 * string, backslashes precede the quotes.
 */
const secretField =
  /(?<!\\)(\\*)"[a-z_]*(?:secret|api_?key|token|password|authorization)\1"(?:\s|\\+[nrt])*:(?:\s|\\+[nrt])*\1"/gi
const quote = /(?<!\\)(\\*)"/g
/**
 * Matches a token in the format of Flowglad's keys and secrets. In JSON, an escaped line break can precede
 * the token.
 */
const token = /(?:\b|(?<=\\[nrt]))(sk_(?:test|live)_|whsec_)[\w+/=-]+/g
/** A key with fewer characters isn't secret, and masking it would make the text unreadable. */
const shortestSecret = 8

/**
 * Masks the API key, tokens in the format of Flowglad's keys and secrets, and the values of JSON fields whose
 * names indicate a secret, including in JSON within a string.
 */
export function maskSecrets(text: string, key: string | null): string {
  let masked = maskFields(text).replace(token, '$1…')
  if (key === null || key.length < shortestSecret) return masked
  for (const written of [...escapes(key), encodeURIComponent(key)]) masked = masked.replaceAll(written, '…')
  return masked
}

function maskFields(text: string): string {
  let masked = ''
  let shown = 0
  secretField.lastIndex = 0
  for (let field = secretField.exec(text); field; field = secretField.exec(text)) {
    const start = secretField.lastIndex
    const end = endOfValue(text, start, field[1]?.length ?? 0)
    masked += `${text.slice(shown, start)}…`
    shown = end
    secretField.lastIndex = end
  }
  return masked + text.slice(shown)
}

/**
 * Returns the index of the quote, or of its backslashes, that ends a value. `escaped` is the number of
 * backslashes before the value's first quote. A quote is part of the value if `backslashes + 1` is a multiple
 * of `2 * (escaped + 1)`, because each level of strings doubles the backslashes.
 */
function endOfValue(text: string, start: number, escaped: number): number {
  const period = 2 * (escaped + 1)
  quote.lastIndex = start
  for (let found = quote.exec(text); found; found = quote.exec(text)) {
    const backslashes = found[1]?.length ?? 0
    if ((backslashes + 1) % period !== 0) return quote.lastIndex - 1 - (backslashes % period)
  }
  return text.length
}

/** Returns the key as it appears in plain text, in JSON, and in JSON within one or two strings. */
function escapes(key: string): string[] {
  const once = (text: string) => JSON.stringify(text).slice(1, -1)
  return [key, once(key), once(once(key)), once(once(once(key)))]
}
