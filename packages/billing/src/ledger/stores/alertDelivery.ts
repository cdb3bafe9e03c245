import type { AlertRow } from '../core/alertRow.ts'

const dayMs = 24 * 3_600_000

/** The rules for passing alerts to the app's `onAlert`. */
export const alertDelivery = {
  /** The longest pause between two deliveries of an alert. */
  maxPauseMs: 3_600_000,
  /** The age at which an alert is no longer delivered, because it is out of date. */
  maxAgeMs: 7 * dayMs,
  /**
   * Returns the SQL condition that the alert `t` is due at the time `now`. An alert that seems to be due much later was
   * deferred before the clock stepped backward, so it is due now.
   */
  isDue: (now: string) =>
    `(t.deliver_at <= ${now} OR t.deliver_at > ${now} + ${alertDelivery.maxPauseMs})
     AND t.at > ${now} - ${alertDelivery.maxAgeMs}`,
}

/**
 * Returns the pause after which the alert is delivered again, unless `onAlert` has handled it by then. The pause grows
 * with each delivery.
 */
export const pauseAfter = ({ deliveries }: Pick<AlertRow, 'deliveries'>): number =>
  Math.min(alertDelivery.maxPauseMs, 30_000 * 2 ** Math.min(deliveries, 10))
