/**
 * Returns a key that is the same for all spellings of an email address that reach one inbox. Ignores case, a
 * `+` suffix and, for Gmail, dots.
 */
export function addressKey(email: string): string {
  const lower = email.trim().toLowerCase()
  const at = lower.lastIndexOf('@')
  const name = lower.slice(0, at)
  const domain = lower.slice(at + 1)
  const inbox = name.split('+')[0] || name
  return gmailDomains.has(domain) ? `${inbox.replaceAll('.', '')}@gmail.com` : `${inbox}@${domain}`
}

const gmailDomains = new Set(['gmail.com', 'googlemail.com'])
