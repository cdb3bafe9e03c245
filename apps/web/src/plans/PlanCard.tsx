import type { PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../billing.ts'
import { formatDay, formatMoney } from '../format.ts'
import { useUser } from '../Session.tsx'
import { LinkButton } from '../shell/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { ChangeButton } from './ChangeButton.tsx'
import { OrderButton } from './OrderButton.tsx'
import { currentOffer, type Offer } from './offers.ts'
import classes from './PlansScreen.module.css'

/** A plan: what it costs, what it grants, and one button that changes to it. */
export function PlanCard({ offer }: { offer: Offer }) {
  const { data: answer } = useBalances()
  const isCurrent = answer?.plan != null && answer.plan.priceSlug === offer.priceSlug
  return (
    <article
      className={classes.card}
      data-current={isCurrent}
      aria-label={offer.name}
      data-testid={`plan-${offer.priceSlug}`}
    >
      <header className={classes.head}>
        <h2>{offer.name}</h2>
        {isCurrent && <span className={classes.current}>Your plan</span>}
      </header>
      {offer.description && <p className={classes.description}>{offer.description}</p>}
      <p className={classes.price}>
        <strong>{formatMoney(offer.unitPrice, offer.currency)}</strong>
        {offer.interval &&
          ` / ${offer.interval.count === 1 ? '' : `${offer.interval.count} `}${offer.interval.unit}`}
      </p>
      <ul className={classes.grants}>
        {benefitsOf(offer).map((benefit) => (
          <li key={benefit}>{benefit}</li>
        ))}
      </ul>
      <div className={classes.action}>
        <Action offer={offer} isCurrent={isCurrent} />
      </div>
    </article>
  )
}

function Action({ offer, isCurrent }: { offer: Offer; isCurrent: boolean }) {
  const user = useUser()
  const { data: answer, isPending, isError } = useBalances()
  const { data: offers } = usePlans()
  const plan = answer?.plan
  if (user === null)
    return (
      <LinkButton
        to="/sign-up"
        search={{ next: '/pricing' }}
        variant={offer.isFree ? 'default' : 'filled'}
        fullWidth
      >
        {offer.isFree ? 'Start for free' : `Start with ${offer.name}`}
      </LinkButton>
    )
  if (plan && isCurrent) return <p className={classes.note}>{whatIsNext(plan)}</p>
  if (!plan)
    return (
      <p className={classes.note}>
        {isPending && !isError ? 'Looking up your plan…' : 'Your plan cannot be read at the moment'}
      </p>
    )
  if (offer.isFree && plan.cancelsAt !== null)
    return <p className={classes.note}>Begins on {formatDay(plan.cancelsAt)}</p>
  if (plan.isFree)
    return (
      <OrderButton offer={offer} fullWidth>
        Upgrade to {offer.name}
      </OrderButton>
    )
  const isUpgrade = offer.unitPrice > (currentOffer(offers, plan)?.unitPrice ?? 0)
  return <ChangeButton offer={offer} plan={plan} isUpgrade={isUpgrade} />
}

function whatIsNext({ cancelsAt, changesAt, renewsAt }: PlanSummary): string {
  const end = cancelsAt ?? changesAt
  if (end !== null) return `Until ${formatDay(end)}`
  return renewsAt === null ? 'Active now' : `Renews on ${formatDay(renewsAt)}`
}
