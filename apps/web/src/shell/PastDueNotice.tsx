import type { PlanSummary } from '@metered/billing/client'
import { useLocation } from '@tanstack/react-router'
import { usePlan, useStatement } from '../api/billing.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { amountDueText, canPayNow, pastDueText } from '../plans/pastDueText.ts'

/** Tells the customer on every screen that a payment for the plan is overdue. */
export function PastDueNotice() {
  const { data: plan } = usePlan()
  const { pathname } = useLocation()
  // On the Billing screen, the subscription itself shows this text.
  return plan?.pastDue !== undefined && pathname !== '/billing' && <PastDue plan={plan} />
}

function PastDue({ plan }: { plan: PlanSummary }) {
  const { data: statement } = useStatement()
  const text = pastDueText(plan)
  if (text === null) return null
  return (
    <Notice
      tone={plan.pastDue?.state === 'grace' ? 'warning' : 'critical'}
      title={text.title}
      actions={
        <LinkButton to="/billing" size="sm">
          {canPayNow(plan) ? 'Pay now' : 'Go to billing'}
        </LinkButton>
      }
    >
      {amountDueText(statement)} {text.detail}
    </Notice>
  )
}
