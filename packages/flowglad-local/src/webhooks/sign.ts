import { createHmac, randomBytes } from 'node:crypto'

/** Returns the base64 key of a `whsec_…` secret, or null if the secret is invalid. */
export const webhookKey = (secret: string): string | null =>
  /^whsec_((?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret)?.[1] ?? null

/** Creates a secret for a new webhook. */
export const createWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`

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
  const base64 = webhookKey(secret)
  if (base64 === null) throw new Error('A webhook secret must be "whsec_" followed by a base64 key')
  const key = Buffer.from(base64, 'base64')
  const digest = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return `v1,${digest}`
}
