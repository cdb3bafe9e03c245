import type { BalanceRow, UsageDay } from '@metered/billing/client'
import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { formatDay, formatNumber, formatShortDate } from '../format/format.ts'
import { amountOf, type Meter, titleOf } from '../format/meters.ts'
import { BalanceBar, balanceText, isIncluded } from '../parts/BalanceBar.tsx'
import {
  creditPartsText,
  needsStatement,
  settledText,
  unlimitedPacksText,
  unpaidText,
} from '../plans/creditParts.ts'
import { nextOfCredits } from '../plans/nextOfCredits.ts'
import { currentOffer } from '../plans/offers.ts'
import { overageText } from '../plans/overage.ts'
import { forecastTexts } from './forecastText.ts'
import classes from './UsageScreen.module.css'

interface MeterCardProps {
  row: BalanceRow<Meter>
  /** The daily usage that the forecast needs. Without it, there is no forecast. */
  usage: UsageDay<Meter>[] | undefined
}

/** Shows one meter's used, held and remaining units in this period, the renewal date, and when the units run out. */
export function MeterCard({ row, usage }: MeterCardProps) {
  const { meter, used, held, available, renewsAt, parked } = row
  const { data: plan } = usePlan()
  const { event, at } = nextOfCredits(plan, renewsAt)
  return (
    <article className={classes.card} aria-label={titleOf(meter)} data-testid={`usage-${meter}`}>
      <h2>{titleOf(meter)}</h2>
      <p className={classes.used}>
        {!isIncluded(row)
          ? 'Not included'
          : available === null
            ? `${formatNumber(used)} used`
            : balanceText(row)}
      </p>
      <BalanceBar row={row} size={10} />
      <dl className={classes.facts}>
        <div>
          <dt>In progress</dt>
          <dd>{formatNumber(held)}</dd>
        </div>
        <div>
          <dt>Left</dt>
          <dd>{available === null ? 'Unlimited' : formatNumber(available)}</dd>
        </div>
        {available !== null && (
          <div>
            <dt>{eventNames[event]}</dt>
            <dd>{at === null ? 'Never' : formatShortDate(at)}</dd>
          </div>
        )}
        {parked > 0 && (
          <div className={classes.parked}>
            <dt>Not yet billed</dt>
            <dd>{formatNumber(parked)}</dd>
          </div>
        )}
      </dl>
      <Notes row={row} usage={usage} />
    </article>
  )
}

const eventNames = { renew: 'Renews', end: 'Ends', endUnpaid: 'Ends unless paid' }

/**
 * Shows the forecast, and explains pack units, the last period's extra units, a prorated grant and the cost of extra
 * units, where they apply.
 */
function Notes({ row, usage }: MeterCardProps) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const offer = currentOffer(offers, plan)
  const price = offer?.overage.find(({ meter }) => meter === row.meter)
  const prorated = statement?.prorated.find(({ meter }) => meter === row.meter)
  const texts = usage && forecastTexts(row, { usage, plan, hasOverage: price !== undefined, now: Date.now() })
  const isKept = plan?.cancelsAt === null && plan.changesAt === null
  const later = ({ regular }: { regular: number }) =>
    ` ${formatNumber(regular)}${row.renewsAt === null ? ' later' : ` from ${formatDay(row.renewsAt)}`}.`
  const notes = [
    // Before the statement arrives, the parts would be an estimate.
    statement || !needsStatement(row, offers, plan) ? creditPartsText(row, offers, plan, statement) : null,
    unlimitedPacksText(row, offers, plan, statement),
    settledText(row, offers, plan, statement),
    unpaidText(row, plan, statement),
    prorated &&
      `${amountOf(row.meter, prorated.granted)} this period, prorated.${isKept ? later(prorated) : ''}`,
    price && overageText(row.meter, price, statement, plan),
  ].filter(Boolean)
  return (
    <div>
      {texts && (
        <p className={classes.forecast}>
          {texts.forecast} <span className={classes.average}>{texts.average}</span>
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className={classes.fact}>
          {note}
        </p>
      ))}
    </div>
  )
}
