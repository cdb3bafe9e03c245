import type { PlanChange, PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { formatDay, formatMoney } from '../format/format.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { ChangeButton } from './ChangeButton.tsx'
import { intervalText } from './interval.ts'
import { OrderButton } from './OrderButton.tsx'
import { currentOffer, isUnknown, type Offer } from './offers.ts'
import classes from './PlansScreen.module.css'

/** Shows a plan's price and benefits, and a button to switch to the plan. */
export function PlanCard({ offer, onChanged }: { offer: Offer; onChanged: (change: PlanChange) => void }) {
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
        <Action offer={offer} isCurrent={isCurrent} onChanged={onChanged} />
      </div>
    </article>
  )
}

interface ActionProps {
  offer: Offer
  isCurrent: boolean
  onChanged: (change: PlanChange) => void
}

function Action({ offer, isCurrent, onChanged }: ActionProps) {
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
        {offer.isFree ? 'Start free' : `Start with ${offer.name}`}
      </LinkButton>
    )
  if (awaitsVerification(user)) return <p className={classes.note}>Confirm your email address first</p>
  if (answer === undefined || isUnknown(answer))
    return (
      <p className={classes.note}>
        {answer || isError ? "We can't load your plan right now" : 'Loading your plan…'}
      </p>
    )
  const { plan } = answer
  if (plan === null)
    return offer.isFree ? (
      <p className={classes.note}>Included with every new account</p>
    ) : (
      <OrderButton offer={offer} fullWidth>
        Choose {offer.name}
      </OrderButton>
    )
  if (isCurrent) return <p className={classes.note}>{whatIsNext(plan)}</p>
  if (offer.isFree && plan.cancelsAt !== null)
    return <p className={classes.note}>Starts on {formatDay(plan.cancelsAt)}</p>
  if (plan.isFree)
    return (
      <OrderButton offer={offer} fullWidth>
        Upgrade to {offer.name}
      </OrderButton>
    )
  // While a change is scheduled, the server accepts only a cancellation, which replaces the change.
  if (plan.changesAt !== null && !offer.isFree)
    return <p className={classes.note}>Undo the scheduled change first</p>
  const isUpgrade = offer.unitPrice > (currentOffer(offers, plan)?.unitPrice ?? 0)
  return <ChangeButton offer={offer} plan={plan} isUpgrade={isUpgrade} onChanged={onChanged} />
}

function whatIsNext({ cancelsAt, changesAt, renewsAt, pastDue }: PlanSummary): string {
  if (cancelsAt !== null) return `Ends on ${formatDay(cancelsAt)}`
  if (changesAt !== null) return `Changes on ${formatDay(changesAt)}`
  if (pastDue !== undefined) return 'Your last payment failed'
  return renewsAt === null ? 'Active' : `Renews on ${formatDay(renewsAt)}`
}
