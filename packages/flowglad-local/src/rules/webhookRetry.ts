const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * Svix's documented waits before the second to the eighth attempt. Each wait starts when the previous attempt
 * fails. The first attempt is immediate.
 */
const waitsMs = [
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  10 * hourMs,
] as const

interface Outcome {
  ok: boolean
  /** Whether the receiver asked to stop further attempts. */
  aborts: boolean
  /** Whether the attempt is a resend. A resend isn't part of the schedule. */
  isResend: boolean
}

/**
 * Returns a delivery's state after an attempt that ended at `at`. A failed resend changes nothing, so the
 * schedule continues. A successful resend ends the schedule.
 * @returns null if nothing changes
 */
export function afterAttempt(
  attempts: number,
  at: number,
  { ok, aborts, isResend }: Outcome,
): { state: 'delivered' | 'failed' | 'pending'; attempts: number; nextAttemptAt: number } | null {
  if (isResend && !ok) return null
  const made = isResend ? attempts : attempts + 1
  if (ok) return { state: 'delivered', attempts: made, nextAttemptAt: 0 }
  const waitMs = aborts ? undefined : waitsMs[made - 1]
  return waitMs === undefined
    ? { state: 'failed', attempts: made, nextAttemptAt: 0 }
    : { state: 'pending', attempts: made, nextAttemptAt: at + waitMs }
}
