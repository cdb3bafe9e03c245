import { Webhook } from 'standardwebhooks'
import type { Database } from '../database/Database.ts'
import type { WebhookDelivery } from '../database/records/webhooks.ts'
import { isWebhookSecret } from './webhookSecret.ts'

export interface WebhookTarget {
  url: string
  /** `whsec_` followed by the base64 key. */
  secret: string
}

const answerWithinMs = 10_000
const retryAfterMs = [500, 2_000, 10_000, 30_000, 120_000, 600_000]

/**
 * Delivers the outbox's events to the target and to the webhooks created through the API. Retries a failed
 * delivery, so a receiver can get an event twice. Runs in the background, so a slow or broken receiver never
 * delays the API. Timestamps signatures with the machine's clock, because receivers compare the timestamps
 * with their own clocks.
 */
export function createWebhookSender(db: Database, target: WebhookTarget | null) {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const aborts = new AbortController()
  const inFlight = new Map<string, Promise<void>>()
  // Reject an invalid secret at startup instead of failing at the first event.
  if (target && !isWebhookSecret(target.secret))
    throw new Error('A webhook secret must be "whsec_" followed by a base64-encoded key.')

  async function deliver(target: WebhookTarget, delivery: WebhookDelivery): Promise<void> {
    const sentAt = new Date()
    const { id, payload: body } = delivery
    let status: number | null = null
    let failure: string | null = null
    try {
      const answer = await fetch(target.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'svix-id': id,
          'svix-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
          'svix-signature': new Webhook(target.secret).sign(id, sentAt, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([aborts.signal, AbortSignal.timeout(answerWithinMs)]),
      })
      status = answer.status
      await answer.body?.cancel()
      if (!answer.ok) failure = `HTTP ${answer.status}`
    } catch (error) {
      failure =
        error instanceof Error
          ? `${error.message}${error.cause ? `: ${String(error.cause)}` : ''}`
          : String(error)
    }
    if (closed) return
    const attempts = delivery.attempts + 1
    const waitMs = retryAfterMs[attempts - 1]
    db.transaction(() =>
      db.webhookDeliveries.patch(id, {
        attempts,
        lastStatus: status,
        lastError: failure,
        updatedAt: Date.now(),
        state: failure === null ? 'delivered' : waitMs === undefined ? 'failed' : 'pending',
        nextAttemptAt: Date.now() + (waitMs ?? 0),
      }),
    )
  }

  function targetOf({ webhookId }: WebhookDelivery): WebhookTarget | null {
    const webhook = webhookId && db.webhooks.find(webhookId)
    return webhook ? { url: webhook.url, secret: webhook.internal.secret } : target
  }

  /** Sends all due events and schedules the next delivery. */
  function poke(): void {
    if (closed) return
    clearTimeout(timer)
    let next = Infinity
    for (const delivery of db.webhookDeliveries.by('state', 'pending')) {
      const to = targetOf(delivery)
      if (!to || inFlight.has(delivery.id)) continue
      if (delivery.nextAttemptAt > Date.now() || inFlight.size >= 8) {
        next = Math.min(next, delivery.nextAttemptAt)
        continue
      }
      const sending = deliver(to, delivery).finally(() => {
        inFlight.delete(delivery.id)
        poke()
      })
      inFlight.set(delivery.id, sending)
    }
    if (Number.isFinite(next)) {
      timer = setTimeout(poke, Math.max(10, next - Date.now()))
      timer.unref()
    }
  }

  return {
    poke,
    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      aborts.abort()
      await Promise.allSettled(inFlight.values())
    },
  }
}
