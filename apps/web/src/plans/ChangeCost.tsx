import { Skeleton } from '@mantine/core'
import type { ChangePreview, PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans, useStatement } from '../api/billing.ts'
import { formatDate, formatDay, formatMoney, formatNumber } from '../format/format.ts'
import { amountOf, type Meter, titleOf, unitsOf } from '../format/meters.ts'
import { methodText, unusedPlan } from '../format/payments.ts'
import { lossText } from './benefitsOf.ts'
import { creditParts, packUnits } from './creditParts.ts'
import { every } from './interval.ts'
import classes from './NextInvoice.module.css'
import { currentOffer, type Offer } from './offers.ts'
import { chargeText, pricePerText } from './overage.ts'

interface ChangeCostProps {
  offer: Offer
  plan: PlanSummary
  preview: ChangePreview<Meter> | undefined
}

type PricedProps = ChangeCostProps & { preview: ChangePreview<Meter> }

/** Explains a change to another paid plan: the charges now and later, the card, and the effect on credits. */
export function ChangeCost({ offer, plan, preview }: ChangeCostProps) {
  if (preview === undefined)
    return (
      <div aria-busy="true">
        <p>Calculating the price…</p>
        <Skeleton height={72} mb="sm" />
      </div>
    )
  return (
    <>
      {preview.timing === 'now' ? (
        <ChargedNow {...{ offer, plan, preview }} />
      ) : (
        <>
          <p>
            Nothing will be charged today. {offer.name} starts on {formatDate(preview.effectiveAt)} and costs{' '}
            {priceText(offer, preview)}
            {byMethod(preview)}. Until then, you keep {plan.name} and its credits, and you can undo the
            change.
          </p>
          <Loss {...{ offer, plan }} />
        </>
      )}
      <Packs {...{ offer, plan, preview }} />
      {preview.charge === 0 && <ExtraUsage plan={plan} preview={preview} />}
      {plan.cancelsAt !== null && (
        <p>The change will also undo your cancellation. {offer.name} will renew until you cancel it.</p>
      )}
    </>
  )
}

function ChargedNow({ offer, plan, preview }: PricedProps) {
  const { data: statement } = useStatement()
  const { charge, credit, currency, nextChargeAt, prorated } = preview
  const unused = unusedPlan(statement?.payments ?? [], plan.renewsAt)
  return (
    <>
      <p>
        <strong>
          {charge === 0 ? 'Nothing will be charged today' : `You'll pay ${chargeText(preview)} today`}
          {byMethod(preview)}.
        </strong>{' '}
        {credit > 0 &&
          `A credit of ${formatMoney(credit, currency)} for ${unused === null ? 'earlier payments' : `unused ${unused}`} is already deducted. `}
        {nextChargeAt !== null &&
          `From ${formatDay(nextChargeAt)}, ${offer.name} costs ${priceText(offer, preview)}.`}
      </p>
      <ChargedUsage {...{ offer, preview }} />
      {prorated
        .map((grant) => ({ ...grant, rounded: roundedGrant(grant) }))
        .filter(({ rounded, regular }) => rounded < regular)
        .map(({ meter, rounded, regular }) => (
          <p key={meter}>
            You'll get about {amountOf(meter, rounded)} for this period (prorated)
            {nextChargeAt !== null && `, then ${formatNumber(regular)} from ${formatDay(nextChargeAt)}`}.
          </p>
        ))}
    </>
  )
}

/** Says what the new plan lacks. */
function Loss({ offer, plan }: { offer: Offer; plan: PlanSummary }) {
  const { data: offers } = usePlans()
  const current = currentOffer(offers, plan)
  const loss = current ? lossText(current, offer) : null
  return loss && <p>{loss}</p>
}

/** Says which pack credits the customer keeps. A change between paid plans keeps the subscription and its packs. */
function Packs({ offer, plan, preview }: PricedProps) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  return answer?.balances.map((row) => {
    const { meter, limit } = row
    const packs = packUnits(row, offers, plan, statement)
    const hasPlanUnits = (creditParts(row, offers, plan, statement)?.plan ?? 0) > 0
    const after = hasPlanUnits ? `, after the ${unitsOf(meter)} left from ${plan.name}` : ''
    return (
      packs > 0 && (
        <p key={meter}>
          You'll keep the {amountOf(meter, packs)} from your packs.
          {offer.unlimited.includes(meter) && ` ${titleOf(meter)} on ${offer.name} also use them up${after}.`}
          {limit === null &&
            preview.timing === 'periodEnd' &&
            ` Until ${formatDay(preview.effectiveAt)}, ${unitsOf(meter)} on ${plan.name} also use them up.`}
        </p>
      )
    )
  })
}

/**
 * Lists the parts of a charge that includes usage beyond the plan. Flowglad bills this usage even if the meter is unlimited
 * on the new plan.
 */
function ChargedUsage({ offer, preview }: Omit<PricedProps, 'plan'>) {
  const { charge, currency, overage, isEstimate, isMaximum } = preview
  if (overage.length === 0) return null
  const change = overage.reduce((rest, { amount }) => rest - amount, charge)
  return (
    <>
      <dl className={classes.sum}>
        <div>
          <dt>Change to {offer.name}</dt>
          <dd>{chargeText({ charge: change, currency, isEstimate, isMaximum: false })}</dd>
        </div>
        {overage.map(({ meter, plan, units, amount, unitPrice, perUnits }) => (
          <div key={`${meter} ${plan}`}>
            <dt>
              {amountOf(meter, units)} beyond {plan ?? 'your earlier plan'}
              <span className={classes.rate}>{pricePerText({ unitPrice, perUnits, currency })}</span>
            </dt>
            <dd>{chargeText({ charge: amount, currency, isEstimate: false, isMaximum })}</dd>
          </div>
        ))}
      </dl>
      {isMaximum && <p>If today's payment doesn't include all of this usage, your next invoice will.</p>}
    </>
  )
}

/**
 * Says what the usage beyond the current plan costs, and when it is charged, if the change charges nothing now. Flowglad
 * bills this usage even if the meter is unlimited on the new plan.
 */
function ExtraUsage({ plan, preview }: { plan: PlanSummary; preview: ChangePreview<Meter> }) {
  const { data: statement } = useStatement()
  const { currency, nextChargeAt } = preview
  const when = nextChargeAt === null ? 'with your next invoice' : `on ${formatDay(nextChargeAt)}`
  return statement?.overage.map(({ meter, units, amount }) => (
    <p key={meter}>
      You'll pay {formatMoney(amount, currency)} more for your {amountOf(meter, units)} beyond {plan.name},{' '}
      {when}.
    </p>
  ))
}

/**
 * Rounds a prorated grant, because the exact number shrinks while the dialog is open. With the current monthly plans, the
 * rounded number changes at most once every two minutes.
 */
function roundedGrant({ granted, regular }: { granted: number; regular: number }): number {
  const accuracy = 10 ** Math.max(0, Math.floor(Math.log10(regular / 20_000)))
  return Math.round(granted / accuracy) * accuracy
}

const priceText = ({ interval }: Offer, { price, currency }: ChangePreview<Meter>) =>
  `${formatMoney(price, currency)}${interval ? ` ${every(interval)}` : ''}`

const byMethod = ({ method }: ChangePreview<Meter>) => (method ? ` with ${methodText(method)}` : '')
