import type { EventPrice } from '../commands.ts'
import { noChargePriceSlug } from '../noChargePriceSlug.ts'
import { availableWithoutHolds } from './available.ts'
import type { Draft } from './draft.ts'
import { isFromBackup } from './restored.ts'
import type { AccountRow, EventRow } from './rows.ts'

/**
 * Stores the units that the customer owes when the meter becomes unlimited.
 *
 * Unlimited usage reduces Flowglad's balance, although Flowglad never bills it. When the meter becomes limited
 * again, the ledger waives this usage, but not the owed units, because Flowglad adds those units to the balance
 * once the customer has paid for them.
 */
export function startUnlimited(draft: Draft, account: AccountRow, isFirstInstall: boolean): void {
  // A new ledger or a restored ledger can't know which part of a negative balance is unlimited usage. Such
  // a ledger waives the whole negative balance later, because unlimited usage must not block the customer.
  const isUnknown = isFirstInstall || isFromBackup(draft.row)
  const booked = bookedUnits(account)
  draft.writeAccount(account, {
    // Count at least the undelivered units. The balance may cover them now, but Flowglad may count them in a later
    // period.
    owed: Math.max(isUnknown ? 0 : debtOf(account), booked - account.acked),
    bookedBeforeUnlimited: booked,
  })
}

/**
 * Waives the unlimited usage that keeps the balance below `least` units. If unlimited usage, owed units and ambiguous
 * units don't explain all missing units, another system has recorded unlimited usage, and the ledger waives it too.
 */
export function endUnlimited(draft: Draft, account: AccountRow, least: number): void {
  const missing = Math.max(0, least - balanceOf(account))
  const unlimitedUnits = Math.max(0, bookedUnits(account) - account.bookedBeforeUnlimited)
  const unexplained = Math.max(0, missing - unlimitedUnits)
  const elsewhere = Math.max(0, unexplained - account.owed - account.ambiguous)
  draft.writeAccount(account, {
    waived: account.waived + Math.min(missing, unlimitedUnits) + elsewhere,
    owed: Math.min(account.owed, unexplained),
    bookedBeforeUnlimited: 0,
  })
}

/**
 * While the meter is unlimited, updates `owed` and `bookedBeforeUnlimited` if an event is dropped, or if Flowglad
 * has recorded a dropped event. Does nothing if the event's usage was unlimited.
 */
export function changeBeforeUnlimited(
  draft: Draft,
  account: AccountRow,
  { price, meter }: Pick<EventRow, 'price' | 'meter'>,
  units: number,
): void {
  if (account.unlimited === 0 || isUnlimitedPrice(price, meter)) return
  draft.writeAccount(account, {
    owed: Math.max(0, account.owed + units),
    bookedBeforeUnlimited: account.bookedBeforeUnlimited + units,
  })
}

/** Returns the price of unlimited usage, at which Flowglad bills nothing. */
export const unlimitedPrice = (meter: string): EventPrice => ({ priceSlug: noChargePriceSlug(meter) })

const isUnlimitedPrice = (price: EventPrice, meter: string) =>
  'priceSlug' in price && price.priceSlug === noChargePriceSlug(meter)

/** Returns how many units the balance is below 0. */
export const debtOf = (account: AccountRow): number => Math.max(0, -balanceOf(account))

/** Returns the available units as if no units were adjusted, and all dropped units were already subtracted. */
const balanceOf = (account: AccountRow) => availableWithoutHolds(account) - account.adjusted + account.dropped

const bookedUnits = (account: AccountRow) => account.booked - account.dropped
