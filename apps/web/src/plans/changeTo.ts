import { isSame } from './interval.ts'
import type { Offer } from './offers.ts'

type Plan = Pick<Offer, 'unitPrice' | 'interval' | 'isFree'>

/**
 * Returns the verb for a change to another plan, and whether the change takes effect now and can cost money. Flowglad
 * compares the prices per period, even if the periods have different lengths. A cheaper plan starts with the next period.
 */
export function changeTo(offer: Plan, current: Plan | undefined) {
  const difference = offer.unitPrice - (current?.unitPrice ?? 0)
  const hasOtherInterval = offer.interval && current?.interval && !isSame(offer.interval, current.interval)
  const isUpgrade = difference >= 0
  const isSwitch = !offer.isFree && (hasOtherInterval || difference === 0)
  return { isUpgrade, verb: isSwitch ? 'Switch' : isUpgrade ? 'Upgrade' : 'Downgrade' } as const
}
