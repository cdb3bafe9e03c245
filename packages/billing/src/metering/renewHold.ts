import type { Clock } from '../config/clock.ts'
import type { Renew } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** The units that a call has counted so far: one element for each leg that has counted units. */
export type Counted = NonNullable<Renew['counted']>

/**
 * Renews a hold each time half of its remaining time has passed. Stops when the hold has ended or the
 * returned function is called. A failed renewal is retried until the hold's expiry time.
 *
 * With `readCount`, each renewal also stores the units counted so far. A changed count is stored within
 * `countEveryMs`, or as soon as the ledger can be reached again. If expiry has already charged the hold,
 * calls `onUncharged` as soon as the stream counts units that can no longer be charged.
 */
export function renewHold(
  { ledger, clock }: { ledger: Pick<Ledger, 'execute'>; clock: Clock },
  {
    expiresInMs,
    readCount,
    countEveryMs,
    onUncharged,
    customer,
    attempt,
    ttlMs,
  }: {
    customer: string
    attempt: string
    ttlMs: number
    expiresInMs: number
    readCount: (() => Counted) | null
    countEveryMs: number
    onUncharged: () => void
  },
): () => void {
  let cancelled = false
  let cancelTimer = () => {}
  let expiresAt = clock.now() + expiresInMs
  let renewAt = clock.now() + expiresInMs / 2
  let stored = '[]'
  /** The meters on which no more units of the stream can be charged. */
  let booked: string[] = []

  const schedule = () => {
    const renewInMs = Math.max(0, renewAt - clock.now())
    const delayMs = readCount ? Math.min(renewInMs, countEveryMs) : renewInMs
    if (delayMs < Number.POSITIVE_INFINITY)
      cancelTimer = clock.after(delayMs, run, { anyContext: readCount === null })
  }

  const run = async () => {
    const counted = readCount?.() ?? null
    if (booked.length > 0) return endUncharged(counted)
    const text = JSON.stringify(counted ?? [])
    if (text === stored && clock.now() < renewAt) return schedule()
    const answer = await ledger
      .execute({ type: 'renew', customer, attempt, ttlMs, counted })
      .catch(() => null)
    // The hold may have ended during the renewal. If so, don't renew it again.
    if (cancelled) return
    if (answer?.state === 'ended') {
      booked = answer.booked
      if (readCount && booked.length > 0) endUncharged(readCount())
      return
    }
    const now = clock.now()
    if (!answer) {
      const remainingMs = expiresAt - now
      renewAt = remainingMs > 0 ? now + Math.max(50, remainingMs / 8) : Number.POSITIVE_INFINITY
    } else {
      stored = text
      expiresAt = now + answer.expiresInMs
      renewAt = answer.state === 'renewed' ? now + answer.expiresInMs / 2 : Number.POSITIVE_INFINITY
    }
    schedule()
  }

  function endUncharged(counted: Counted | null) {
    renewAt = Number.POSITIVE_INFINITY
    if (counted?.some(({ meter }) => booked.includes(meter))) onUncharged()
    else schedule()
  }

  schedule()
  return () => {
    cancelled = true
    cancelTimer()
  }
}
