import type { Clock } from '../config/clock.ts'
import type { Ledger } from '../ledger/ledger.ts'

/**
 * Renews a hold each time half of its remaining time has passed, until the hold has ended or the returned
 * function is called. A failed renewal is retried until the hold's expiry time.
 */
export function renewHold(
  { ledger, clock }: { ledger: Pick<Ledger, 'execute'>; clock: Clock },
  { expiresInMs, ...hold }: { customer: string; attempt: string; ttlMs: number; expiresInMs: number },
): () => void {
  let cancelled = false
  let cancelTimer = () => {}

  const renewIn = (delayMs: number, remainingMs: number) => {
    cancelTimer = clock.after(delayMs, async () => {
      const answer = await ledger.execute({ type: 'renew', ...hold }).catch(() => null)
      // The hold may have ended during the renewal. If so, don't renew it again.
      if (cancelled) return
      if (answer?.state === 'renewed') return renewIn(answer.expiresInMs / 2, answer.expiresInMs / 2)
      const pauseMs = Math.max(50, remainingMs / 8)
      if (!answer && remainingMs > pauseMs) renewIn(pauseMs, remainingMs - pauseMs)
    })
  }

  renewIn(expiresInMs / 2, expiresInMs / 2)
  return () => {
    cancelled = true
    cancelTimer()
  }
}
