import { useState } from 'react'
import { useBillingStatus, usePlans } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { FailedSection } from '../denials/FailedSection.tsx'
import { OutdatedNotice } from '../denials/OutdatedNotice.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { Changed, type ConfirmedChange } from './Changed.tsx'
import { PackCard } from './PackCard.tsx'
import { PlanCards } from './PlanCards.tsx'
import { useShowsResult } from './purchaseResult.tsx'
import { ScheduledChange } from './ScheduledChange.tsx'

export function PlansScreen() {
  const user = useUser()
  const plans = usePlans()
  const { data: offers, refetch } = plans
  const error = useLastError(plans)
  const { data: status } = useBillingStatus()
  const [change, setChange] = useState<ConfirmedChange | null>(null)
  useShowsResult(change?.made?.charged ? 'arrived' : null)
  const packs = offers?.filter((offer) => offer.kind === 'pack') ?? []
  const isAway = user !== null && status?.current === false
  return (
    <Screen title="Plans" lead="Compare the plans and choose one. You can change or cancel it at any time.">
      {error === null && <OutdatedNotice />}
      {user && awaitsVerification(user) && (
        <Notice
          title="Confirm your email address first"
          actions={
            <LinkButton to="/" size="sm" variant="default">
              Send the email again
            </LinkButton>
          }
        >
          Open the link in the email that we sent to <bdi>{user.email}</bdi>. Then you can choose a plan.
        </Notice>
      )}
      <ScheduledChange />
      {change && <Changed change={change} onClose={() => setChange(null)} />}
      {error ? (
        <FailedSection what="The plans" error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <PlanCards offers={offers} isAway={isAway} onChanged={setChange} />
          {packs.map((pack) => (
            <PackCard key={pack.priceSlug} pack={pack} isAway={isAway} />
          ))}
        </>
      )}
    </Screen>
  )
}
