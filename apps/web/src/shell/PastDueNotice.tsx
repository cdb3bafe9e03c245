import type { PlanSummary } from '@metered/billing/client'
import { useLocation } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { usePlan, useStatement } from '../api/billing.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { canPayNow, pastDueText } from '../plans/pastDueText.ts'

// Few customers pay late, so other customers don't load the code of Flowglad's hooks.
const PayNow = lazy(async () => ({ default: (await import('../billing/PayNow.tsx')).PayNow }))

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
  const text = pastDueText(plan, statement)
  const toBilling = (
    <LinkButton to="/billing" size="sm">
      {canPayNow(plan) ? 'Pay now' : 'Go to billing'}
    </LinkButton>
  )
  return (
    text && (
      <Notice
        tone={plan.pastDue?.state === 'grace' ? 'warning' : 'critical'}
        title={text.title}
        actions={
          canPayNow(plan) ? (
            <Suspense fallback={toBilling}>
              <PayNow />
            </Suspense>
          ) : (
            toBilling
          )
        }
      >
        {[text.due, text.detail].filter(Boolean).join(' ')}
      </Notice>
    )
  )
}
