import { useLocation } from '@tanstack/react-router'
import { usePlan } from '../api/billing.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { pastDueText } from '../plans/pastDueText.ts'

/** Tells the customer on every screen that a payment for the plan is overdue. */
export function PastDueNotice() {
  const { data: plan } = usePlan()
  const { pathname } = useLocation()
  const text = plan ? pastDueText(plan) : null
  // On the Billing screen, the subscription itself shows this text.
  if (text === null || pathname === '/billing') return null
  return (
    <Notice
      tone={plan?.pastDue?.state === 'grace' ? 'warning' : 'critical'}
      title={text.title}
      actions={
        <LinkButton to="/billing" size="sm">
          Go to billing
        </LinkButton>
      }
    >
      {text.detail}
    </Notice>
  )
}
