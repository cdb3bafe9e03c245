import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'

/** Plans the failure of the customer's next payment, or cancels a planned failure. */
export function planFailure({ db }: Platform, { id }: Customer, fails: boolean): void {
  const planned = db.plannedFailures.find(id)
  if (fails && !planned) db.plannedFailures.put({ id })
  if (!fails && planned) db.plannedFailures.remove(planned)
}

export const isFailurePlanned = ({ db }: Platform, customerId: string): boolean =>
  db.plannedFailures.find(customerId) !== undefined

/**
 * Returns whether this payment should fail. Clears the planned failure, so that the next payment succeeds.
 */
export function takePlannedFailure({ db }: Platform, customerId: string): boolean {
  const planned = db.plannedFailures.find(customerId)
  if (planned) db.plannedFailures.remove(planned)
  return planned !== undefined
}
