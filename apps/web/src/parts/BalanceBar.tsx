import type { BalanceRow } from '@metered/billing/client'
import { formatNumber } from '../format/format.ts'
import { type Meter, titleOf } from '../format/meters.ts'
import classes from './BalanceBar.module.css'

/** Returns whether the customer's plan or packs include units of the meter or allow overage. */
export const isIncluded = ({ status, limit }: BalanceRow<Meter>) => status !== 'exhausted' || limit !== 0

/** Describes a balance, such as `4 of 10 used` or `1,204 used · Unlimited`. */
export function balanceText(row: BalanceRow<Meter>): string {
  const { unlimited, limit, used } = row
  if (!isIncluded(row)) return 'not included'
  return unlimited || limit === null
    ? `${formatNumber(used)} used · Unlimited`
    : `${formatNumber(used)} of ${formatNumber(limit)} used`
}

/**
 * Shows a meter's used units in a solid color and its units in progress as stripes. For a meter that is
 * unlimited or not included, renders an empty space of the same size.
 */
export function BalanceBar({ row, size = 6 }: { row: BalanceRow<Meter>; size?: number }) {
  if (row.unlimited || row.limit === null || !isIncluded(row)) return <div style={{ height: size }} />
  const held = row.limit > 0 ? Math.min(row.held / row.limit, 1 - row.share) : 0
  const text = row.held > 0 ? `${balanceText(row)}, ${formatNumber(row.held)} in progress` : balanceText(row)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> has one value, and this bar shows two: used and in progress
    <div
      role="meter"
      aria-label={titleOf(row.meter)}
      aria-valuemin={0}
      aria-valuemax={row.limit}
      aria-valuenow={Math.min(Math.max(row.used, 0), row.limit)}
      aria-valuetext={text}
      data-status={row.status}
      className={classes.track}
      style={{ height: size }}
    >
      {/* The bar uses clip-path because a width change would count as a layout shift. */}
      <span className={classes.used} style={{ clipPath: between(0, row.share) }} />
      <span className={classes.held} style={{ clipPath: between(row.share, row.share + held) }} />
    </div>
  )
}

const between = (from: number, to: number) => `inset(0 ${(1 - to) * 100}% 0 ${from * 100}%)`
