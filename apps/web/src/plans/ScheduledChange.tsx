import type { PlanSummary } from '@metered/billing/client'
import { useRef, useState } from 'react'
import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { formatDate } from '../format/format.ts'
import { Notice } from '../parts/Notice.tsx'
import { useReveal } from '../parts/reveal.ts'
import { ifKeptText } from './keptText.ts'
import { currentOffer, freeOffer } from './offers.ts'
import { Renewal } from './Renewal.tsx'
import { ResumeButton } from './ResumeButton.tsx'

/**
 * Announces a scheduled cancellation or downgrade, with a button to undo it. After the customer undoes it, confirms that
 * the plan is kept.
 */
export function ScheduledChange() {
  const user = useUser()
  const { data: plan } = usePlan()
  const [kept, setKept] = useState(false)
  const notice = useRef<HTMLDivElement>(null)
  // On a phone, the button that the customer pressed is far below this notice, so scroll to it.
  useReveal(notice, plan != null && (plan.cancelsAt !== null || plan.changesAt !== null))
  if (user === null || !plan) return null
  // If a payment is overdue, the notice about the payment already says when the plan ends.
  if (plan.cancelsAt !== null && plan.pastDue !== undefined) return null
  return (
    <div ref={notice}>
      {plan.cancelsAt !== null ? (
        <Ending plan={plan} endsAt={plan.cancelsAt} onKept={() => setKept(true)} />
      ) : plan.changesAt !== null ? (
        <Changing plan={plan} changesAt={plan.changesAt} onKept={() => setKept(true)} />
      ) : (
        kept && (
          <Notice title={`You keep ${plan.name}`} onClose={() => setKept(false)}>
            <Renewal />
          </Notice>
        )
      )}
    </div>
  )
}

interface ScheduledProps {
  plan: PlanSummary
  onKept: () => void
}

function Ending({ plan, endsAt, onKept }: ScheduledProps & { endsAt: number }) {
  const { name } = plan
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const free = freeOffer(offers)
  return (
    <Notice
      tone="warning"
      title={`${name} ends on ${formatDate(endsAt)}`}
      actions={<ResumeButton keep={name} onKept={onKept} />}
    >
      You keep {name} and its credits until then. {free && `${free.name} starts afterwards. `}You can undo the
      cancellation at any time before that day. {ifKeptText(plan, currentOffer(offers, plan), statement)}
    </Notice>
  )
}

function Changing({ plan: { name, pastDue }, changesAt, onKept }: ScheduledProps & { changesAt: number }) {
  const { data: statement } = useStatement()
  const to = statement?.changesTo?.name
  return (
    <Notice
      tone="warning"
      title={`${name} changes${to ? ` to ${to}` : ''} on ${formatDate(changesAt)}`}
      actions={<ResumeButton keep={name} onKept={onKept} />}
    >
      {/* If a payment is overdue, another notice says which credits the customer has. */}
      {pastDue === undefined && `You keep ${name} and its credits until then. `}
      To choose another paid plan, undo the change first.
    </Notice>
  )
}
