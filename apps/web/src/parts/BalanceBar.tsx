import type { BalanceRow } from '@metered/billing/client'
import { formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import classes from './BalanceBar.module.css'

/** `6 of 10 left`, or `1,204 used · Unlimited`. */
export function balanceText({ unlimited, available, limit, used }: BalanceRow<Meter>): string {
  return unlimited || available === null || limit === null
    ? `${formatNumber(used)} used · Unlimited`
    : `${formatNumber(available)} of ${formatNumber(Math.max(limit, available))} left`
}

/** How much of a meter is spent, and, paler, how much running work holds. An unlimited meter has no bar, only its place. */
export function BalanceBar({ row, size = 6 }: { row: BalanceRow<Meter>; size?: number }) {
  if (row.unlimited || row.limit === null) return <div style={{ height: size }} />
  const held = row.limit > 0 ? Math.min(row.held / row.limit, 1 - row.share) : 0
  const text = row.held > 0 ? `${balanceText(row)}, ${formatNumber(row.held)} held` : balanceText(row)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> has one value, and this shows two: spent and held
    <div
      role="meter"
      aria-label={row.name}
      aria-valuemin={0}
      aria-valuemax={row.limit}
      aria-valuenow={Math.min(Math.max(row.used, 0), row.limit)}
      aria-valuetext={text}
      data-status={row.status}
      className={classes.track}
      style={{ height: size }}
    >
      {/* Cut to length, not resized: a bar that moves must not count as a page that jumps. */}
      <span className={classes.used} style={{ clipPath: upTo(row.share) }} />
      <span className={classes.held} style={{ clipPath: upTo(row.share + held) }} />
    </div>
  )
}

const upTo = (share: number) => `inset(0 ${(1 - share) * 100}% 0 0)`
