import type { PlanSummary } from '@metered/billing/client'
import { useLocation } from '@tanstack/react-router'
import { useRef } from 'react'
import { usePlan, useStatement } from '../api/billing.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { useReveal } from '../parts/reveal.ts'
import { endText } from '../plans/endOf.ts'
import { LazyPaymentButton } from '../plans/LazyPaymentButton.tsx'
import { canPayNow, pastDueText } from '../plans/pastDueText.ts'
import { ResumeButton } from '../plans/ResumeButton.tsx'
import { useEndOfPlan } from '../plans/useEndOfPlan.ts'

/**
 * Tells the customer on every screen that a payment for the plan is overdue. If the plan is also scheduled to end, says
 * when, and lets the customer keep the plan. The customer must keep the plan before paying for it.
 */
export function PastDueNotice() {
  const { data: plan } = usePlan()
  const { pathname } = useLocation()
  // On the Billing screen, the subscription itself shows this text.
  if (!plan?.pastDue || pathname === '/billing') return null
  return <Overdue plan={plan} />
}

function Overdue({ plan }: { plan: PlanSummary }) {
  const { name, cancelsAt } = plan
  const { data: statement } = useStatement()
  const { follower, lost } = useEndOfPlan(statement)
  const notice = useRef<HTMLDivElement>(null)
  // On a phone, the button that cancels the plan on the Plans screen is far below this notice, so scroll to it.
  useReveal(notice, cancelsAt !== null)
  const text = pastDueText(plan, statement, lost)
  return (
    text && (
      <div ref={notice}>
        <Notice
          tone={plan.pastDue?.state === 'grace' ? 'warning' : 'critical'}
          title={text.title}
          actions={<Action plan={plan} />}
        >
          {[text.due, text.detail, cancelsAt === null ? null : endText(name, cancelsAt, follower)]
            .filter(Boolean)
            .join(' ')}
        </Notice>
      </div>
    )
  )
}

function Action({ plan }: { plan: PlanSummary }) {
  if (canPayNow(plan)) return <LazyPaymentButton label="Pay now" size="sm" />
  // After the click, “Pay now” replaces this button. This shows that the plan is kept, so `onKept` does nothing.
  if (plan.cancelsAt !== null) return <ResumeButton keep={plan.name} onKept={() => {}} />
  return (
    <LinkButton to="/billing" size="sm">
      Go to billing
    </LinkButton>
  )
}
