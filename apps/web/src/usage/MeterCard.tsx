import type { BalanceRow } from '@metered/billing/client'
import { formatDate, formatNumber } from '../format/format.ts'
import { type Meter, titleOf } from '../format/meters.ts'
import { BalanceBar, isIncluded } from '../parts/BalanceBar.tsx'
import classes from './UsageScreen.module.css'

/** Shows one meter's used, held and available units in this period, and the renewal date. */
export function MeterCard({ row }: { row: BalanceRow<Meter> }) {
  const { meter, used, limit, held, available, unlimited, renewsAt, parked } = row
  return (
    <article className={classes.card} aria-label={titleOf(meter)} data-testid={`usage-${meter}`}>
      <h2>{titleOf(meter)}</h2>
      <p className={classes.used}>
        {!isIncluded(row)
          ? 'Not included'
          : unlimited || limit === null
            ? `${formatNumber(used)} used`
            : `${formatNumber(used)} / ${formatNumber(limit)} used`}
      </p>
      <BalanceBar row={row} size={10} />
      <dl className={classes.facts}>
        <div>
          <dt>In progress</dt>
          <dd>{formatNumber(held)}</dd>
        </div>
        <div>
          <dt>Available</dt>
          <dd>{available === null ? 'Unlimited' : formatNumber(available)}</dd>
        </div>
        <div>
          <dt>Renews</dt>
          <dd>{renewsAt === null ? 'Does not renew' : formatDate(renewsAt)}</dd>
        </div>
        {parked > 0 && (
          <div className={classes.parked}>
            <dt>Not yet billed</dt>
            <dd>{formatNumber(parked)}</dd>
          </div>
        )}
      </dl>
    </article>
  )
}
