import { createHmac } from 'node:crypto'
import { webhookSecret } from '../flowglad/startStack.ts'

/** Returns the headers that Flowglad sends with this body. */
export function signWebhook(body: string, { at = Date.now(), secret = webhookSecret } = {}) {
  const id = 'msg_1'
  const timestamp = String(Math.floor(at / 1_000))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${signature}`,
    'content-type': 'application/json',
  }
}
