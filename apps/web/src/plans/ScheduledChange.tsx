import type { PlanSummary } from '@metered/billing/client'
import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { formatDate } from '../format/format.ts'
import { Notice } from '../parts/Notice.tsx'
import { ResumeButton } from './ResumeButton.tsx'

/** Announces a scheduled cancellation or downgrade, with a button to undo it. */
export function ScheduledChange() {
  const user = useUser()
  const { data: plan } = usePlan()
  if (user === null || !plan) return null
  if (plan.cancelsAt !== null) return <Ending plan={plan} endsAt={plan.cancelsAt} />
  return plan.changesAt === null ? null : <Changing plan={plan} changesAt={plan.changesAt} />
}

function Ending({ plan: { name }, endsAt }: { plan: PlanSummary; endsAt: number }) {
  const { data: offers } = usePlans()
  const free = offers?.find((offer) => offer.kind === 'plan' && offer.isFree)
  return (
    <Notice
      tone="warning"
      title={`${name} ends on ${formatDate(endsAt)}`}
      actions={<ResumeButton keep={name} />}
    >
      You keep {name} and its credits until then. {free && `${free.name} starts afterwards. `}You can undo the
      cancellation at any time before that day.
    </Notice>
  )
}

function Changing({ plan: { name }, changesAt }: { plan: PlanSummary; changesAt: number }) {
  const { data: statement } = useStatement()
  const to = statement?.changesTo?.name
  return (
    <Notice
      tone="warning"
      title={`${name} changes${to ? ` to ${to}` : ''} on ${formatDate(changesAt)}`}
      actions={<ResumeButton keep={name} />}
    >
      You keep {name} and its credits until then. To choose another plan, undo the change first.
    </Notice>
  )
}
