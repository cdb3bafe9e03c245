import type { Alert, BalanceRow, Budget } from '@metered/billing/client'
import type { Meter } from '../format/meters.ts'

/** The age up to which an alert gets a notice: 24 hours. */
export const recentMs = 86_400_000

interface Records {
  budgets: Budget<Meter>[] | undefined
  balances: BalanceRow<Meter>[]
  now: number
}

/**
 * Returns the recent alerts that still apply, in the given order. For each limit, returns only the alert for the highest
 * threshold.
 */
export function currentAlerts(alerts: Alert<Meter>[], records: Records): Alert<Meter>[] {
  const current = alerts.filter((alert) => alert.at > records.now - recentMs && isStillTrue(alert, records))
  return current.filter(
    (alert) => !current.some((other) => isSameLimit(other, alert) && other.threshold > alert.threshold),
  )
}

/** Omits an alert if the same call reached a higher threshold of the same limit. */
export const withoutRepeats = (alerts: Alert<Meter>[]): Alert<Meter>[] =>
  alerts.filter(
    ({ used, ...alert }) =>
      !alerts.some(
        (other) =>
          isSameLimit(other, { used, ...alert }) && other.threshold > alert.threshold && other.used === used,
      ),
  )

const isSameLimit = (other: Alert<Meter>, { meter, limit, resetsAt, budget }: Alert<Meter>) =>
  other.meter === meter &&
  other.limit === limit &&
  other.resetsAt === resetsAt &&
  other.budget?.id === budget?.id

/** Returns whether the limit is unchanged and its usage still reaches the threshold. */
function isStillTrue(alert: Alert<Meter>, { budgets, balances, now }: Records): boolean {
  const { meter, threshold, limit, resetsAt, budget } = alert
  if (resetsAt !== null && resetsAt <= now) return false
  const record = budget
    ? budgets?.find(({ id }) => id === budget.id)
    : balances.find((row) => row.meter === meter)
  return record?.limit === limit && record.used > 0 && record.used * 100 >= threshold * limit
}
