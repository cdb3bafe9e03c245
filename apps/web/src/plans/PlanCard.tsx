import type { CSSProperties } from 'react'
import { useBalances } from '../api/billing.ts'
import { formatMoney } from '../format/format.ts'
import type { comparedBenefits } from './benefitsOf.ts'
import type { ConfirmedChange } from './Changed.tsx'
import { intervalText } from './interval.ts'
import type { Offer } from './offers.ts'
import { PlanAction } from './PlanAction.tsx'
import classes from './PlanCard.module.css'
import { familyOf } from './planFamilies.ts'
import { monthlyPriceOf } from './priceOf.ts'

interface PlanCardProps {
  offer: Offer
  benefits: ReturnType<typeof comparedBenefits>[number]
  /** The percentage that the plan saves compared with its family's most expensive price. */
  saving: number
  /** The reason to recommend the plan, or null if another plan is recommended. */
  why: string | null
  isAway: boolean
  onChanged: (change: ConfirmedChange) => void
}

/**
 * Shows a plan's price and benefits, and a button to switch to the plan. Each part is a row of the grid around the
 * cards, so that the parts line up across the cards.
 */
export function PlanCard({ offer, benefits, saving, why, isAway, onChanged }: PlanCardProps) {
  const { data: answer } = useBalances()
  const isCurrent = answer?.plan != null && answer.plan.priceSlug === offer.priceSlug
  const { description, currency, unitPrice, interval } = offer
  const style: CSSProperties & Record<'--rows', number> = { '--rows': benefits.length }
  return (
    <article
      className={classes.card}
      style={style}
      data-current={isCurrent}
      data-recommended={why !== null}
      aria-label={offer.name}
      data-testid={`plan-${offer.priceSlug}`}
    >
      <header className={classes.head}>
        <h2>{familyOf(offer)}</h2>
        {isCurrent ? (
          <span className={classes.tag}>Your plan</span>
        ) : (
          why !== null && (
            <span className={classes.tag} data-recommended>
              Recommended
            </span>
          )
        )}
      </header>
      <p className={classes.about}>
        {description}
        {why !== null && <span className={classes.why}>{why}</span>}
      </p>
      <p className={classes.price}>
        <strong>{formatMoney(unitPrice, currency)}</strong>
        {interval && ` / ${intervalText(interval)}`}
        {saving > 0 && (
          <span className={classes.saving}>
            {formatMoney(Math.round(monthlyPriceOf(offer)), currency)} a month, {saving}% less
          </span>
        )}
      </p>
      <ul className={classes.benefits}>
        {benefits.map(({ row, text, detail, isIncluded }) => (
          <li key={row} data-included={isIncluded}>
            {text}
            {detail && <span className={classes.detail}>{detail}</span>}
          </li>
        ))}
      </ul>
      <div className={classes.action}>
        <PlanAction
          offer={offer}
          isCurrent={isCurrent}
          isPreferred={why !== null}
          isAway={isAway}
          onChanged={onChanged}
        />
      </div>
    </article>
  )
}
