import { Skeleton } from '@mantine/core'
import type { BalanceRow, BillingStatement } from '@metered/billing/client'
import { type RefObject, useRef } from 'react'
import { useSays } from '../alerts/said.tsx'
import { useBalance, usePaywall, usePlan, usePlans, useStatement } from '../api/billing.ts'
import { formatNumber, formatPercent } from '../format/format.ts'
import { amountOf, type Meter, promiseOf, titleOf, unitsOf } from '../format/meters.ts'
import { BalanceBar, isIncluded } from '../parts/BalanceBar.tsx'
import { useReveal } from '../parts/reveal.ts'
import { creditPartsText, needsStatement, settledText, unpaidText } from '../plans/creditParts.ts'
import { nextOfCreditsText } from '../plans/nextOfCredits.ts'
import { currentOffer, isOverdue, isUnpaid, nextOffer } from '../plans/offers.ts'
import { overageText } from '../plans/overage.ts'
import { UpgradeOptions } from '../plans/UpgradeOptions.tsx'
import { upgradeAdvice } from '../plans/upgradeAdvice.ts'
import classes from './CreditsPanel.module.css'

/**
 * Shows one meter's balance beside the form that uses it. The normal, approaching and exhausted states are
 * the same size, so that the layout doesn't move when the balance changes.
 */
export function CreditsPanel({ meter }: { meter: Meter }) {
  const { data: row, isError, isPending } = useBalance(meter)
  // Only a limited balance can make the panel taller, so reserve space only for a limited or loading balance.
  const hasRoom = row ? !row.unlimited : isPending && !isError
  const panel = useRef<HTMLElement>(null)
  return (
    <div className={classes.room} data-room={hasRoom}>
      <aside
        ref={panel}
        className={classes.panel}
        aria-label={`Your ${unitsOf(meter)}`}
        aria-busy={isPending && !isError}
      >
        {row ? (
          <Credits row={row} panel={panel} />
        ) : isPending && !isError ? (
          <>
            <Skeleton height={18} width="40%" />
            <Skeleton height={52} width="70%" mt={14} />
            <Skeleton height={10} mt={18} radius="xl" />
          </>
        ) : (
          <>
            <h2 className={classes.name}>{titleOf(meter)}</h2>
            <p className={classes.small}>
              We can't show your balance right now. You can keep working. We check it before we charge
              anything.
            </p>
          </>
        )}
      </aside>
    </div>
  )
}

function Credits({ row, panel }: { row: BalanceRow<Meter>; panel: RefObject<HTMLElement | null> }) {
  const paywall = usePaywall(row.meter)
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const isExhausted = paywall.state === 'exhausted' || paywall.state === 'overdue'
  useReveal(panel, isExhausted)
  useSays(paywall.state === 'open' ? [] : [`credits ${row.meter}`])
  if (isExhausted) return <Exhausted row={row} />
  return (
    <>
      <h2 className={classes.name}>{titleOf(row.meter)}</h2>
      <p className={classes.amount}>
        <span className={classes.figure}>{formatNumber(row.used)}</span>{' '}
        {row.limit === null ? 'used' : `of ${formatNumber(row.limit)} used`}
      </p>
      {!row.unlimited && <BalanceBar row={row} size={10} />}
      <p className={classes.small}>
        {row.available === null ? 'Unlimited' : `${formatNumber(row.available)} left`}
        {row.held > 0 && ` · ${formatNumber(row.held)} in progress`}
        {row.renewsAt !== null && !row.unlimited && (
          <span className={classes.renewal}>
            {needsStatement(row, offers, plan) ? <StatedParts row={row} /> : <Parts row={row} />}
          </span>
        )}
      </p>
      {paywall.state === 'approaching' &&
        (row.available === 0 && row.held === 0 ? (
          <Overage row={row} />
        ) : (
          <Approaching row={row} percent={paywall.percent} critical={paywall.critical} />
        ))}
      {paywall.state === 'open' && <p className={classes.promise}>{promiseOf(row.meter)}</p>}
    </>
  )
}

/** Names the balance's parts, or says when the credits renew or end. */
function Parts({ row, statement }: { row: BalanceRow<Meter>; statement?: BillingStatement<Meter> }) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  return creditPartsText(row, offers, plan, statement) ?? nextOfCreditsText(plan, row.renewsAt)
}

/** Names the balance's parts once the statement has arrived, because only the statement tells them apart. */
function StatedParts({ row }: { row: BalanceRow<Meter> }) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  if (statement === undefined) return nextOfCreditsText(plan, row.renewsAt)
  const extra = settledText(row, offers, plan, statement) ?? unpaidText(row, plan, statement)
  return (
    <>
      <Parts row={row} statement={statement} />
      {extra && <span className={classes.renewal}>{extra}</span>}
    </>
  )
}

/** Says that the plan's units are used up, and how much extra units cost. */
function Overage({ row }: { row: BalanceRow<Meter> }) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const price = currentOffer(offers, plan)?.overage.find(({ meter }) => meter === row.meter)
  const units = unitsOf(row.meter)
  return (
    <div className={classes.notice} data-tone="warning" data-testid="usage-notice">
      <p>
        You've used all {units} in your plan.{' '}
        {price
          ? overageText(row.meter, price, statement, plan)
          : `Extra ${units} are billed as you use them.`}
      </p>
      <div className={classes.actions}>
        <UpgradeOptions meter={row.meter} size="xs" />
      </div>
    </div>
  )
}

function Approaching({
  row,
  percent,
  critical,
}: {
  row: BalanceRow<Meter>
  percent: number
  critical: boolean
}) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const canUpgrade = !isUnpaid(plan) && (offers === undefined || nextOffer(offers, plan) !== undefined)
  return (
    <div className={classes.notice} data-tone={critical ? 'critical' : 'warning'} data-testid="usage-notice">
      <p>
        You've used {formatPercent(percent)} of your {unitsOf(row.meter)}.
        {critical && " You're approaching your limit."}
        {critical && canUpgrade && ' Consider upgrading.'}
      </p>
      <div className={classes.actions}>
        <UpgradeOptions meter={row.meter} size="xs" />
      </div>
    </div>
  )
}

/** Returns the heading of the paywall, such as `Out of pictures`. */
export const paywallTitle = (row: BalanceRow<Meter>) =>
  isIncluded(row) ? `Out of ${unitsOf(row.meter)}` : `${titleOf(row.meter)} aren't included`

function Exhausted({ row }: { row: BalanceRow<Meter> }) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const limit = row.limit ?? 0
  return (
    <div data-testid="paywall">
      <h2 className={classes.out}>{paywallTitle(row)}</h2>
      <p className={classes.explanation}>
        {limit > 0 ? `You've used all ${amountOf(row.meter, limit)}. ` : ''}
        {upgradeAdvice({ offers, plan, renewsAt: row.renewsAt, goal: 'continue creating' })}
        {plan?.cancelsAt != null && !isOverdue(plan) && ' Your plan ends then.'}
      </p>
      <BalanceBar row={row} size={10} />
      <div className={classes.actions}>
        <UpgradeOptions meter={row.meter} />
      </div>
    </div>
  )
}
