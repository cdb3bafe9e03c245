import { Skeleton } from '@mantine/core'
import type { ChangePreview, PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans, useStatement } from '../api/billing.ts'
import { formatDate, formatDay, formatMoney, formatNumber } from '../format/format.ts'
import { amountOf, type Meter, unitsOf } from '../format/meters.ts'
import { methodText } from '../format/payments.ts'
import { creditParts } from './creditParts.ts'
import { every } from './interval.ts'
import type { Offer } from './offers.ts'

interface ChangeCostProps {
  offer: Offer
  plan: PlanSummary
  preview: ChangePreview<Meter> | undefined
}

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
        <ChargedNow {...{ offer, preview }} />
      ) : (
        <p>
          Nothing is charged today. {offer.name} starts on {formatDate(preview.effectiveAt)} and costs{' '}
          {priceText(offer, preview)}
          {byMethod(preview)}. Until then, you keep {plan.name} and its credits, and you can undo the change.
        </p>
      )}
      <Packs plan={plan} />
      <ExtraUsage plan={plan} preview={preview} />
      {plan.cancelsAt !== null && (
        <p>This also undoes your cancellation. {offer.name} renews until you cancel it.</p>
      )}
    </>
  )
}

function ChargedNow({ offer, preview }: Omit<ChangeCostProps, 'plan'> & { preview: ChangePreview<Meter> }) {
  const { charge, credit, currency, isEstimate, nextChargeAt, prorated } = preview
  const amount = formatMoney(charge, currency)
  return (
    <>
      <p>
        <strong>
          {charge === 0 ? 'Nothing is charged today' : `You pay ${isEstimate ? 'about ' : ''}${amount} today`}
          {byMethod(preview)}.
        </strong>{' '}
        {credit > 0 && `This includes a credit of ${formatMoney(credit, currency)} for earlier payments. `}
        {nextChargeAt !== null &&
          `From ${formatDay(nextChargeAt)}, ${offer.name} costs ${priceText(offer, preview)}.`}
      </p>
      {prorated
        .map((grant) => ({ ...grant, rounded: roundedGrant(grant) }))
        .filter(({ rounded, regular }) => rounded < regular)
        .map(({ meter, rounded, regular }) => (
          <p key={meter}>
            You get about {amountOf(meter, rounded)} for this period (prorated)
            {nextChargeAt !== null && `, then ${formatNumber(regular)} from ${formatDay(nextChargeAt)}`}.
          </p>
        ))}
    </>
  )
}

/** Says which pack credits the customer keeps. A change between paid plans keeps the subscription and its packs. */
function Packs({ plan }: { plan: PlanSummary }) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const kept = (answer?.balances ?? []).flatMap((row) => {
    const parts = creditParts(row, offers, plan, statement)
    return parts && parts.packs > 0 ? [`${formatNumber(parts.packs)} ${unitsOf(row.meter)}`] : []
  })
  return kept.length > 0 && <p>You keep the {kept.join(' and ')} from your packs.</p>
}

/**
 * Says what the usage beyond the current plan costs, and the last day on which it is charged. Flowglad bills this usage
 * even if the meter is unlimited on the new plan, either on the invoice of the change or on the next invoice.
 */
function ExtraUsage({ plan, preview }: { plan: PlanSummary; preview: ChangePreview<Meter> }) {
  const { data: statement } = useStatement()
  const { charge, currency, timing, nextChargeAt } = preview
  const day = nextChargeAt === null ? 'with your next invoice' : `on ${formatDay(nextChargeAt)}`
  const when = timing === 'now' && charge > 0 ? `at the latest ${day}` : day
  return statement?.overage.map(({ meter, units, amount }) => (
    <p key={meter}>
      You pay {formatMoney(amount, currency)} more for your {amountOf(meter, units)} beyond {plan.name},{' '}
      {when}.
    </p>
  ))
}

/**
 * Rounds a prorated grant, which shrinks while the dialog is open. The grant of a monthly plan shrinks by the accuracy in
 * two minutes or more.
 */
function roundedGrant({ granted, regular }: { granted: number; regular: number }): number {
  const accuracy = 10 ** Math.max(0, Math.floor(Math.log10(regular / 20_000)))
  return Math.round(granted / accuracy) * accuracy
}

const priceText = ({ interval }: Offer, { price, currency }: ChangePreview<Meter>) =>
  `${formatMoney(price, currency)}${interval ? ` ${every(interval)}` : ''}`

const byMethod = ({ method }: ChangePreview<Meter>) => (method ? ` with ${methodText(method)}` : '')
