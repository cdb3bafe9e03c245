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
  const { meter, limit, used, held, share, status } = row
  return (
    <UsageBar
      label={titleOf(meter)}
      text={balanceText(row)}
      {...{ limit, used, held, share, status, size }}
    />
  )
}

interface UsageBarProps {
  label: string
  /** Describes the used units. */
  text: string
  limit: number
  used: number
  held: number
  /** The used part of the limit, from 0 to 1. */
  share: number
  status: BalanceRow['status']
  size?: number
}

/** Shows a limit's used units in a solid color and its units in progress as stripes. */
export function UsageBar({ label, text, limit, used, held, share, status, size = 6 }: UsageBarProps) {
  const heldShare = limit > 0 ? Math.min(held / limit, 1 - share) : 0
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> has one value, and this bar shows two: used and in progress
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuenow={Math.min(Math.max(used, 0), limit)}
      aria-valuetext={held > 0 ? `${text}, ${formatNumber(held)} in progress` : text}
      data-status={status}
      className={classes.track}
      style={{ height: size }}
    >
      {/* The bar uses clip-path because a width change would count as a layout shift. */}
      <span className={classes.used} style={{ clipPath: between(0, share) }} />
      <span className={classes.held} style={{ clipPath: between(share, share + heldShare) }} />
    </div>
  )
}

const between = (from: number, to: number) => `inset(0 ${(1 - to) * 100}% 0 ${from * 100}%)`
