import { Webhook } from 'standardwebhooks'
import type { Database } from '../database/Database.ts'
import type { WebhookDelivery } from '../database/records/webhooks.ts'
import type { Clock } from '../platform/clock.ts'
import { explainOnce } from '../platform/explainOnce.ts'
import { newRecord } from '../platform/Platform.ts'
import { afterAttempt } from '../rules/webhookRetry.ts'
import type { WebhookTarget } from './WebhookTarget.ts'
import { isWebhookSecret } from './webhookSecret.ts'

const answerWithinMs = 15_000
const maxInFlight = 8
/** The maximum number of events that one poke handles before API calls can run again. */
const eventsPerPoke = 100

/** Delivers events in the background. */
export interface WebhookSender {
  /** Sends due events. Call this when events are added, when the clock moves, and about once a second. */
  poke(): void
  /**
   * Sends an event once more, in any state. A failure doesn't change the event's schedule. Does nothing if
   * the event has no receiver or if its webhook is disabled. If another attempt is running, only waits for
   * that attempt.
   */
  resend(delivery: WebhookDelivery): Promise<void>
  /** Returns where an event goes, or null if it has no receiver. */
  targetOf(delivery: WebhookDelivery): WebhookTarget | null
  /**
   * Returns whether the event's webhook is disabled. As with Svix, the event then gets no attempts, not even
   * a resend.
   */
  isDisabled(delivery: WebhookDelivery): boolean
  close(): Promise<void>
}

/**
 * Delivers the outbox's events to the target and to the webhooks created through the API. Retries a failed
 * delivery on Svix's schedule, measured by the platform's clock. A receiver can get an event twice, for
 * example if it responds too late. Runs in the background, so that a slow receiver doesn't delay the API.
 * Signatures contain the machine's time, because receivers compare this time with their own clocks.
 */
export function createWebhookSender(
  { db, clock }: { db: Database; clock: Clock },
  target: WebhookTarget | null,
): WebhookSender {
  let closed = false
  const aborts = new AbortController()
  const explain = explainOnce()
  const inFlight = new Map<string, Promise<void>>()
  // Reject an invalid secret at startup instead of failing at the first event.
  if (target && !isWebhookSecret(target.secret))
    throw new Error('A webhook secret must be "whsec_" followed by a base64-encoded key.')

  async function attempt(to: WebhookTarget, { id, payload }: WebhookDelivery, isResend: boolean) {
    const { status, error, stops } = await send(to, { id, payload, signal: aborts.signal })
    if (closed) return
    db.transaction(() => {
      const at = clock.now()
      const delivery = db.webhookDeliveries.find(id)
      // An old event can be pruned during a resend.
      if (!delivery) return
      db.webhookAttempts.put({
        ...newRecord('atmpt', at),
        deliveryId: id,
        url: to.url,
        status,
        error,
        isResend,
      })
      db.webhookDeliveries.patch(id, {
        ...afterAttempt(delivery.attempts, at, { ok: error === null, aborts: stops, isResend }),
        lastStatus: status,
        lastError: error,
        updatedAt: at,
      })
    })
  }

  function start(to: WebhookTarget, delivery: WebhookDelivery, isResend: boolean): Promise<void> {
    const sending = attempt(to, delivery, isResend).then(
      () => {
        inFlight.delete(delivery.id)
        poke()
      },
      (error) => {
        // Storing the result failed, for example because the disk is full. The ticker sends the event again.
        inFlight.delete(delivery.id)
        explain(`A webhook's result can't be stored: ${error}`)
      },
    )
    inFlight.set(delivery.id, sending)
    return sending
  }

  function targetOf({ webhookId }: WebhookDelivery): WebhookTarget | null {
    const webhook = webhookId && db.webhooks.find(webhookId)
    return webhook ? { url: webhook.url, secret: webhook.internal.secret } : target
  }

  const isDisabled = ({ webhookId }: WebhookDelivery) =>
    webhookId !== null && db.webhooks.find(webhookId)?.active === false

  /** Returns the due event that has waited longest and isn't being sent. */
  function nextDue(): WebhookDelivery | undefined {
    const { webhookDeliveries } = db
    // Fewer than `maxInFlight` events are being sent, so `maxInFlight` rows contain at least one that isn't.
    const due = [
      ...(target ? webhookDeliveries.upTo('dueForReceiver', clock.now(), maxInFlight) : []),
      ...webhookDeliveries.upTo('dueForWebhook', clock.now(), maxInFlight),
    ]
    return due.filter(({ id }) => !inFlight.has(id)).toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt)[0]
  }

  function poke(): void {
    if (closed) return
    db.transaction(() => {
      for (let handled = 0; handled < eventsPerPoke; handled++) {
        const delivery = inFlight.size < maxInFlight ? nextDue() : undefined
        const to = delivery && targetOf(delivery)
        if (!to) return
        // As with Svix, no further attempts follow, even if the webhook is enabled again.
        if (isDisabled(delivery))
          db.webhookDeliveries.patch(delivery.id, {
            state: 'failed',
            lastError: 'The webhook is disabled',
            updatedAt: clock.now(),
          })
        else void start(to, delivery, false)
      }
      db.afterCommit(poke)
    })
  }

  return {
    poke,
    targetOf,
    isDisabled,
    async resend(delivery) {
      const to = isDisabled(delivery) ? null : targetOf(delivery)
      if (to && !closed) await (inFlight.get(delivery.id) ?? start(to, delivery, true))
    },
    async close() {
      closed = true
      aborts.abort()
      await Promise.allSettled(inFlight.values())
    },
  }
}

/** Sends a signed event. A redirect, a late response and any status other than 2xx are errors. */
async function send(
  { url, secret }: WebhookTarget,
  { id, payload, signal }: { id: string; payload: string; signal: AbortSignal },
): Promise<{ status: number | null; error: string | null; stops: boolean }> {
  const sentAt = new Date()
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'svix-id': id,
        'svix-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'svix-signature': new Webhook(secret).sign(id, sentAt, payload),
      },
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    })
    await answer.body?.cancel()
    return {
      status: answer.status,
      error: answer.ok ? null : `HTTP ${answer.status}`,
      stops: answer.headers.get('webhook-delivery') === 'abort-message',
    }
  } catch (error) {
    const text =
      error instanceof Error
        ? `${error.message}${error.cause ? `: ${String(error.cause)}` : ''}`
        : String(error)
    return { status: null, error: text, stops: false }
  }
}
