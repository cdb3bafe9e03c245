import type { PlanSummary } from '@metered/billing/client'
import { useLocation } from '@tanstack/react-router'
import { usePlan, useStatement } from '../api/billing.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { LazyPayNow } from '../plans/LazyPayNow.tsx'
import { canPayNow, pastDueText } from '../plans/pastDueText.ts'
import { useEndOfPlan } from '../plans/useEndOfPlan.ts'

/** Tells the customer on every screen that a payment for the plan is overdue. */
export function PastDueNotice() {
  const { data: plan } = usePlan()
  const { pathname } = useLocation()
  // On the Billing screen, the subscription itself shows this text.
  if (!plan?.pastDue || pathname === '/billing') return null
  return <Overdue plan={plan} />
}

function Overdue({ plan }: { plan: PlanSummary }) {
  const { data: statement } = useStatement()
  const { lost } = useEndOfPlan(statement)
  const text = pastDueText(plan, statement, lost)
  return (
    text && (
      <Notice
        tone={plan.pastDue?.state === 'grace' ? 'warning' : 'critical'}
        title={text.title}
        actions={
          canPayNow(plan) ? (
            <LazyPayNow />
          ) : (
            <LinkButton to="/billing" size="sm">
              Go to billing
            </LinkButton>
          )
        }
      >
        {[text.due, text.detail].filter(Boolean).join(' ')}
      </Notice>
    )
  )
}
