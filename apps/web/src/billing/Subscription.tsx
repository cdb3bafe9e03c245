import { Skeleton } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { formatDate } from '../format/format.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { currentOffer, isUnknown } from '../plans/offers.ts'
import { pastDueText } from '../plans/pastDueText.ts'
import { priceOf } from '../plans/priceOf.ts'
import { ResumeButton } from '../plans/ResumeButton.tsx'
import classes from './BillingScreen.module.css'
import { CancelButton } from './CancelButton.tsx'

/** Shows the current plan: its price, its renewal or end date, and buttons to change it. */
export function Subscription() {
  const { data: answer, error, isPending, refetch } = useBalances()
  const { data: offers } = usePlans()
  if (isPending && error === null) return <Skeleton className={withRoom(classes.loading)} radius="lg" />
  if (answer === undefined || isUnknown(answer))
    return <FailedSection what="Your subscription" error={error} onRetry={() => void refetch()} />
  const { plan } = answer
  if (plan === null)
    return (
      <section className={withRoom(classes.card)} aria-labelledby="subscription">
        <h2 id="subscription">No active plan</h2>
        <p className={classes.dim}>Choose a plan to continue.</p>
        <div className={classes.actions}>
          <LinkButton to="/pricing">View plans</LinkButton>
        </div>
      </section>
    )
  const offer = currentOffer(offers, plan)
  return (
    <section className={withRoom(classes.card)} aria-labelledby="subscription" data-testid="subscription">
      <div className={classes.head}>
        <h2 id="subscription">{plan.name}</h2>
        <span className={classes.price}>{offer && (plan.isFree ? 'No charge' : priceOf(offer))}</span>
      </div>
      {/* The `status` role makes screen readers announce the changes that the buttons below make. */}
      <p role="status" data-problem={plan.pastDue !== undefined} className={classes.next}>
        {whatHappensNext(plan)}
      </p>
      <div className={classes.actions}>
        {plan.cancelsAt !== null || plan.changesAt !== null ? (
          <ResumeButton keep={plan.name} />
        ) : (
          <>
            <LinkButton to="/pricing" variant={plan.isFree ? 'filled' : 'default'}>
              {plan.isFree ? 'Upgrade' : 'Change plan'}
            </LinkButton>
            {!plan.isFree && <CancelButton plan={plan} />}
          </>
        )}
      </div>
    </section>
  )
}

/** Reserves space for the longest status, so that the layout doesn't jump. */
const withRoom = (style: string | undefined) => `${style} ${classes.subscription}`

function whatHappensNext(plan: PlanSummary): string {
  const { cancelsAt, changesAt, renewsAt, isFree, name } = plan
  const unpaid = pastDueText(plan)
  if (unpaid !== null)
    return `${unpaid.title}. ${unpaid.detail}${cancelsAt === null ? '' : ` Your plan ends on ${formatDate(cancelsAt)}.`}`
  if (cancelsAt !== null) return `Ends on ${formatDate(cancelsAt)}. Nothing changes until then.`
  if (changesAt !== null)
    return `Changes on ${formatDate(changesAt)}. Until then you keep ${name} and its credits.`
  if (renewsAt === null) return 'Does not renew.'
  return isFree
    ? `Your credits renew on ${formatDate(renewsAt)}.`
    : `Renews on ${formatDate(renewsAt)} with new credits.`
}
