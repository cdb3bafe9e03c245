import { randomBytes } from 'node:crypto'

/** Returns whether a secret is `whsec_` followed by a base64 key, the only format that receivers accept. */
export const isWebhookSecret = (secret: string): boolean =>
  /^whsec_(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret)

export const createWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`
