import type { PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { formatDay, formatMoney } from '../format/format.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { ChangeButton } from './ChangeButton.tsx'
import { intervalText } from './interval.ts'
import { OrderButton } from './OrderButton.tsx'
import { currentOffer, isUnknown, type Offer } from './offers.ts'
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
        {offer.interval && ` / ${intervalText(offer.interval)}`}
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
  const { data: answer, isError } = useBalances()
  const { data: offers } = usePlans()
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
  if (answer === undefined || isUnknown(answer))
    return (
      <p className={classes.note}>
        {answer || isError ? 'Your plan cannot be read at the moment' : 'Looking up your plan…'}
      </p>
    )
  const { plan } = answer
  if (plan === null)
    return offer.isFree ? (
      <p className={classes.note}>Comes with a new account</p>
    ) : (
      <OrderButton offer={offer} fullWidth>
        Choose {offer.name}
      </OrderButton>
    )
  if (isCurrent) return <p className={classes.note}>{whatIsNext(plan)}</p>
  if (offer.isFree && plan.cancelsAt !== null)
    return <p className={classes.note}>Begins on {formatDay(plan.cancelsAt)}</p>
  if (plan.isFree)
    return (
      <OrderButton offer={offer} fullWidth>
        Upgrade to {offer.name}
      </OrderButton>
    )
  // Only giving the plan up takes the place of a scheduled change: any other would be refused.
  if (plan.changesAt !== null && !offer.isFree)
    return <p className={classes.note}>Take the scheduled change back first</p>
  const isUpgrade = offer.unitPrice > (currentOffer(offers, plan)?.unitPrice ?? 0)
  return <ChangeButton offer={offer} plan={plan} isUpgrade={isUpgrade} />
}

function whatIsNext({ cancelsAt, changesAt, renewsAt, status }: PlanSummary): string {
  const end = cancelsAt ?? changesAt
  if (end !== null) return `Until ${formatDay(end)}`
  if (status === 'past_due') return 'The last payment did not go through'
  return renewsAt === null ? 'Active now' : `Renews on ${formatDay(renewsAt)}`
}
