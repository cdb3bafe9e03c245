import { verifyWebhook, WebhookVerificationError } from '@flowglad/server'
import { z } from 'zod'

export { WebhookVerificationError }

const body = z.object({ customer: z.object({ externalId: z.string() }).nullish() })

/**
 * The customer that a webhook is about, by your own id; null when it names none. Throws `WebhookVerificationError` for a body that Flowglad did not
 * sign. A webhook is only a reason to look: its type and amounts are not in it, and it may come twice or late.
 */
export function customerOfWebhook(
  rawBody: string | Buffer,
  headers: Record<string, string | string[] | undefined>,
  secret: string,
): string | null {
  const parsed = body.safeParse(verifyWebhook(rawBody, headers, secret))
  return parsed.success ? (parsed.data.customer?.externalId ?? null) : null
}
