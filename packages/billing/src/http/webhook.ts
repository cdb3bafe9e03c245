import { verifyWebhook, WebhookVerificationError } from '@flowglad/server'
import { z } from 'zod'
import type { CustomerLedger } from '../customer/usableBalances.ts'
import type { Sync } from '../flowglad/sync.ts'
import { maxBodyBytes, readBody } from './readBody.ts'

export interface WebhookParts {
  ledger: Pick<CustomerLedger, 'balances'>
  sync: Pick<Sync, 'fetch'>
  webhookSecret: string | undefined
}

const webhook = z.object({ customer: z.object({ externalId: z.string() }).nullish() })

/**
 * Answers Flowglad's webhooks. A webhook with a valid signature refreshes its customer's snapshot. All other
 * content is ignored, because a webhook can arrive late or more than once.
 */
export const createWebhook =
  ({ ledger, sync, webhookSecret }: WebhookParts) =>
  async (request: Request): Promise<Response> => {
    if (!webhookSecret) {
      // Return an error, so that Flowglad sends the webhook again later. By then, the secret may have been
      // set.
      const message = 'Set flowglad.webhookSecret to receive webhooks.'
      return Response.json({ error: 'no_webhook_secret', message }, { status: 503 })
    }
    const body = await readBody(request)
    if (!body) {
      const message = `The body exceeds ${maxBodyBytes} bytes`
      return Response.json({ error: 'too_large', message }, { status: 413 })
    }
    let id: string | null
    try {
      id = customerOf(verifyWebhook(body, Object.fromEntries(request.headers), webhookSecret))
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      return Response.json({ error: 'invalid_webhook', message: error.message }, { status: 401 })
    }
    // Ignore customers without ledger rows, because they have no snapshot to refresh.
    if (id !== null && (await ledger.balances(id)).version > 0) {
      void sync.fetch({ id }, { urgent: false, forced: true })
    }
    return Response.json({ received: true })
  }

function customerOf(payload: unknown): string | null {
  const parsed = webhook.safeParse(payload)
  return parsed.success ? (parsed.data.customer?.externalId ?? null) : null
}
