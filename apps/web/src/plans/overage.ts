import type { BalanceRow, OveragePrice } from '@metered/billing/client'
import { formatMoney, formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'

type Price = Pick<OveragePrice<Meter>, 'unitPrice' | 'perUnits' | 'currency'>

/**
 * Returns the price of extra units, such as `$1 per 1,000 or part of 1,000`, or `$0.05 each`. Flowglad rounds the
 * units up to a multiple of `perUnits`.
 */
export function pricePerText({ unitPrice, perUnits, currency }: Price): string {
  const price = formatMoney(unitPrice, currency)
  if (perUnits === 1) return `${price} each`
  const units = formatNumber(perUnits)
  return `${price} per ${units} or part of ${units}`
}

/** Returns the units used beyond the plan's units and the packs, with their price. Returns null if there are none. */
export function overageSoFar({ used, limit }: BalanceRow<Meter>, price: Price | undefined) {
  const units = used - (limit ?? used)
  if (price === undefined || units <= 0) return null
  const { unitPrice, perUnits, currency } = price
  return { units, cost: formatMoney(Math.ceil(units / perUnits) * unitPrice, currency) }
}
