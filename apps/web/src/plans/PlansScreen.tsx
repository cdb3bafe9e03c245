import { Skeleton } from '@mantine/core'
import type { PlanChange } from '@metered/billing/client'
import { useState } from 'react'
import { usePlan, usePlans } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { FailedSection } from '../denials/FailedSection.tsx'
import { OutdatedNotice } from '../denials/OutdatedNotice.tsx'
import { formatDate } from '../format/format.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { Changed } from './Changed.tsx'
import { plansOf } from './offers.ts'
import { PackCard } from './PackCard.tsx'
import { PlanCard } from './PlanCard.tsx'
import classes from './PlansScreen.module.css'
import { ResumeButton } from './ResumeButton.tsx'

export function PlansScreen() {
  const user = useUser()
  const { data: offers, error, refetch } = usePlans()
  const [change, setChange] = useState<PlanChange | null>(null)
  const packs = offers?.filter((offer) => offer.kind === 'pack') ?? []
  return (
    <Screen title="Plans" lead="Choose the plan that fits you. You can change or cancel it at any time.">
      <OutdatedNotice />
      {user && awaitsVerification(user) && (
        <Notice
          title="Confirm your email address first"
          actions={
            <LinkButton to="/" size="sm" variant="default">
              Request the email again
            </LinkButton>
          }
        >
          Open the link in the email that we sent to {user.email}. Then you can choose a plan.
        </Notice>
      )}
      <ScheduledChange />
      {change && <Changed change={change} onClose={() => setChange(null)} />}
      {error && !offers ? (
        <FailedSection what="The plans" error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <ul className={classes.plans} aria-label="Plans" aria-busy={!offers}>
            {offers
              ? plansOf(offers).map((offer) => (
                  <li key={offer.priceSlug}>
                    <PlanCard offer={offer} onChanged={setChange} />
                  </li>
                ))
              : ['one', 'two', 'three'].map((key) => (
                  <li key={key}>
                    <Skeleton className={classes.loading} radius="lg" />
                  </li>
                ))}
          </ul>
          {packs.map((pack) => (
            <PackCard key={pack.priceSlug} pack={pack} />
          ))}
        </>
      )}
    </Screen>
  )
}

/** Announces a scheduled cancellation or downgrade, with a button to undo it. */
function ScheduledChange() {
  const user = useUser()
  const { data: plan } = usePlan()
  if (user === null || !plan) return null
  if (plan.cancelsAt !== null)
    return (
      <Notice
        tone="warning"
        title={`${plan.name} ends on ${formatDate(plan.cancelsAt)}`}
        actions={<ResumeButton keep={plan.name} />}
      >
        Nothing changes until then. You can undo the cancellation before that date.
      </Notice>
    )
  if (plan.changesAt !== null)
    return (
      <Notice
        tone="warning"
        title={`Your plan changes on ${formatDate(plan.changesAt)}`}
        actions={<ResumeButton keep={plan.name} />}
      >
        Until then you keep {plan.name} and its credits. Undo the change to choose another plan.
      </Notice>
    )
  return null
}
