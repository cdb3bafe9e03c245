import { Skeleton } from '@mantine/core'
import type { BillingStatement, PlanSummary } from '@metered/billing/client'
import { useState } from 'react'
import { useBalances, useBillingStatus, usePlans, useStatement } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import type { Meter } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { ifKeptText, keptText } from '../plans/keptText.ts'
import { NextInvoice } from '../plans/NextInvoice.tsx'
import { currentOffer, isUnknown } from '../plans/offers.ts'
import { canPayNow, pastDueText } from '../plans/pastDueText.ts'
import { priceOf } from '../plans/priceOf.ts'
import { ResumeButton } from '../plans/ResumeButton.tsx'
import { useEndOfPlan } from '../plans/useEndOfPlan.ts'
import classes from './BillingScreen.module.css'
import { CancelButton } from './CancelButton.tsx'
import { PayNowButton } from './PayNowButton.tsx'
import { whatHappensNext } from './whatHappensNext.ts'

/**
 * Shows the current plan: its price, its renewal or end date, buttons to change it, and the next invoice. While
 * Flowglad is unreachable, hides the buttons that change the plan. The notice above explains why.
 */
export function Subscription() {
  const balances = useBalances()
  const { data: answer, isPending, refetch } = balances
  const error = useLastError(balances)
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const { data: status } = useBillingStatus()
  const [kept, setKept] = useState(false)
  const end = useEndOfPlan(statement)
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
  const pays = canPayNow(plan)
  const unpaid = problemOf(plan, statement)
  const isKept = kept && plan.cancelsAt === null && plan.changesAt === null
  const keptSentence = isKept && unpaid === null ? keptText(plan, statement) : null
  const isAway = status?.current === false
  return (
    <section className={withRoom(classes.card)} aria-labelledby="subscription" data-testid="subscription">
      <div className={classes.plan}>
        <div className={classes.head}>
          <h2 id="subscription">{plan.name}</h2>
          <span className={classes.price}>{offer && (plan.isFree ? 'No charge' : priceOf(offer))}</span>
        </div>
        {/* With the `status` role, screen readers announce the effect of the buttons below. */}
        <p role="status">
          {isKept && keptSentence === null && <strong>You keep {plan.name}. </strong>}
          {unpaid && <strong className={classes.problem}>{unpaid}</strong>}{' '}
          {keptSentence ?? whatHappensNext(plan, statement, end)} {ifKeptText(plan, offer, statement)}
        </p>
        <div className={classes.actions}>
          {pays && <PayNowButton />}
          {plan.cancelsAt !== null || plan.changesAt !== null ? (
            !isAway && <ResumeButton keep={plan.name} onKept={() => setKept(true)} />
          ) : (
            <LinkButton to="/pricing" variant={plan.isFree && !pays && !isAway ? 'filled' : 'default'}>
              {isAway ? 'View plans' : plan.isFree ? 'Upgrade' : 'Change plan'}
            </LinkButton>
          )}
          {/* A cancellation replaces a scheduled downgrade. */}
          {!plan.isFree && !isAway && plan.cancelsAt === null && <CancelButton plan={plan} />}
        </div>
      </div>
      <NextInvoice className={classes.invoice} />
    </section>
  )
}

/** Reserves space for the longest status, so that the layout doesn't jump. */
const withRoom = (style: string | undefined) => `${style} ${classes.subscription}`

type Statement = BillingStatement<Meter> | undefined

/** Describes the overdue payment and the amount due. Returns null if no payment is overdue. */
function problemOf(plan: PlanSummary, statement: Statement): string | null {
  const text = pastDueText(plan, statement, null)
  return text && [`${text.title}.`, text.due].filter((part) => part !== null).join(' ')
}
