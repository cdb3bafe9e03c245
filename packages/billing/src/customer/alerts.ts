import type { Alert } from '../contract/alerts.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { onLedger } from '../ledger/onLedger.ts'
import type { Watchers } from './watchers.ts'

/** The largest number of alerts that can be listed at once. */
export const maxAlerts = 100

/** Reads a customer's alerts. */
export interface Alerts<Meter extends string = string> {
  /**
   * Returns up to `limit` alerts, newest first. Default: 50. Maximum: 100. Rejects with a `TypeError` if `limit` is
   * below 1.
   */
  list(customer: KnownCustomer, options?: { limit?: number | undefined }): Promise<Alert<Meter>[]>
  /**
   * Yields each alert that is raised on any node, oldest first, until the signal aborts. If `after` is set, first
   * yields the alerts after that time, but at most the newest 100. Throws `STREAM_REPLACED` if a newer stream replaces
   * this one.
   */
  watch(
    customer: KnownCustomer,
    options?: { after?: number | undefined; signal?: AbortSignal | undefined },
  ): AsyncGenerator<Alert<Meter>, void, undefined>
}

export function createAlerts({
  ledger,
  watchers,
}: {
  ledger: Pick<LedgerForCalls, 'alerts'>
  watchers: Watchers
}): Alerts {
  async function list({ id: customer }: KnownCustomer, { limit = 50 } = {}): Promise<Alert[]> {
    if (!(limit >= 1)) throw new TypeError(`limit must be at least 1, not ${limit}`)
    const alerts = await onLedger(ledger.alerts({ customer, limit: Math.floor(Math.min(limit, maxAlerts)) }))
    return alerts.map(({ customer: _, ...alert }) => alert)
  }

  return {
    list,
    async *watch(customer, { after, signal } = {}) {
      let seen = after
      for await (const { lastAlertAt } of watchers.watch(customer.id, signal)) {
        seen ??= lastAlertAt
        if (lastAlertAt === seen) continue
        const alerts = await list(customer, { limit: maxAlerts })
        const last = seen
        yield* alerts.filter(({ at }) => at > last).reverse()
        // The list can contain an alert that was raised after the balances were read.
        seen = Math.max(lastAlertAt, ...alerts.map(({ at }) => at))
      }
    },
  }
}
