import type { Logger } from '../config/logger.ts'
import type { LedgerUnavailableError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { isLedgerUnavailable } from './onLedger.ts'

/**
 * Wraps the ledger to log its outages. Logs once when the ledger can't be opened or reached, or rejects
 * writes, and once when it accepts writes again. The first message says what is wrong, and what to do.
 */
export function reportOutages(ledger: Ledger, logger: Logger): Ledger {
  let reported: string | null = null

  const report = (error: unknown) => {
    if (!isOutage(error)) return
    // The driver's message differs from call to call, so it can't identify an outage.
    const outage = error.reason === 'storeOutOfReach' ? error.reason : error.message
    if (outage === reported) return
    reported = outage
    logger.error({}, error.message)
  }
  const reporting =
    <A extends unknown[], T>(read: (...query: A) => Promise<T>) =>
    async (...query: A): Promise<T> => {
      try {
        return await read(...query)
      } catch (error) {
        report(error)
        throw error
      }
    }
  return {
    ...ledger,
    async execute(command) {
      try {
        const answer = await ledger.execute(command)
        if (reported !== null) logger.info({}, 'The ledger accepts writes again')
        reported = null
        return answer
      } catch (error) {
        report(error)
        throw error
      }
    },
    balances: reporting((customer) => ledger.balances(customer)),
    charges: reporting((query) => ledger.charges(query)),
    alerts: reporting((query) => ledger.alerts(query)),
    alertsToDeliver: reporting((limit) => ledger.alertsToDeliver(limit)),
    takeAlert: reporting((alert) => ledger.takeAlert(alert)),
    finishAlert: reporting((alert) => ledger.finishAlert(alert)),
    usage: reporting((query) => ledger.usage(query)),
    versions: reporting((customers) => ledger.versions(customers)),
    customersWithDueHolds: reporting((limit) => ledger.customersWithDueHolds(limit)),
    customersToDeliver: reporting((limit) => ledger.customersToDeliver(limit)),
    health: reporting(() => ledger.health()),
    parked: reporting((limit) => ledger.parked(limit)),
    prune: reporting(() => ledger.prune()),
  }
}

/** Returns whether `reportOutages` logs the error. If it does, callers don't have to log the error. */
export const isOutage = (error: unknown): error is LedgerUnavailableError =>
  isLedgerUnavailable(error) && outages.has(error.reason)

const outages = new Set<LedgerUnavailableError['reason']>(['storeOutOfReach', 'cannotOpen', 'cannotWrite'])
