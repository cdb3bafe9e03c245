import { createHmac } from 'node:crypto'

/**
 * Svix's signature of a webhook: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 * @param secret `whsec_` followed by the base64 key
 * @throws when the secret is not of that form
 */
export function signWebhook({
  secret,
  id,
  timestampSeconds,
  body,
}: {
  secret: string
  id: string
  timestampSeconds: number
  body: string
}): string {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)
  if (!match?.[1]) throw new Error('A webhook secret is "whsec_" followed by a base64 key')
  const key = Buffer.from(match[1], 'base64')
  const digest = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return `v1,${digest}`
}
