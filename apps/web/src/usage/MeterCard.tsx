import type { BalanceRow } from '@metered/billing/client'
import { formatDate, formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { BalanceBar } from '../parts/BalanceBar.tsx'
import classes from './UsageScreen.module.css'

/** One meter in this period: `4 / 10 used`, what running work holds, what is left, and when it renews. */
export function MeterCard({ row }: { row: BalanceRow<Meter> }) {
  const { name, used, limit, held, available, unlimited, renewsAt, parked } = row
  return (
    <article className={classes.card} aria-label={name} data-testid={`usage-${row.meter}`}>
      <h2>{name}</h2>
      <p className={classes.used}>
        {unlimited || limit === null
          ? `${formatNumber(used)} used`
          : `${formatNumber(used)} / ${formatNumber(limit)} used`}
      </p>
      <BalanceBar row={row} size={10} />
      <dl className={classes.facts}>
        <div>
          <dt>Held</dt>
          <dd>{formatNumber(held)}</dd>
        </div>
        <div>
          <dt>Available</dt>
          <dd>{available === null ? 'Unlimited' : formatNumber(available)}</dd>
        </div>
        <div>
          <dt>Renews</dt>
          <dd>{renewsAt === null ? 'Never' : formatDate(renewsAt)}</dd>
        </div>
        {parked > 0 && (
          <div className={classes.parked}>
            <dt>Charges Flowglad has not accepted yet</dt>
            <dd>{formatNumber(parked)}</dd>
          </div>
        )}
      </dl>
    </article>
  )
}
