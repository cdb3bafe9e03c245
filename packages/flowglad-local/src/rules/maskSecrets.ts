const namedSecret =
  /("[a-z_]*(?:secret|api_?key|token|password|authorization)"\s*:\s*")(?:[^"\\]|\\.)*(?:"|\\?$)/gi
const token = /\b(sk_(?:test|live)_|whsec_)[\w+/=-]+/g
/** Shorter keys aren't secret, and masking them would make the text unreadable. */
const shortestSecret = 8

/**
 * Replaces the API key, tokens in the format of Flowglad's keys and secrets, and the values of JSON fields that
 * have a secret's name.
 */
export function maskSecrets(text: string, key: string | null): string {
  let masked = text.replace(namedSecret, '$1…"').replace(token, '$1…')
  if (key === null || key.length < shortestSecret) return masked
  for (const written of [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)])
    masked = masked.replaceAll(written, '…')
  return masked
}
