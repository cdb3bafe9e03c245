import type { PlanSummary } from '@metered/billing/client'
import { formatDay } from '../format/format.ts'

/** Explains an unpaid plan: what happened, and what the customer can use. Returns null if the plan is paid. */
export function pastDueText({ name, pastDue }: PlanSummary): { title: string; detail: string } | null {
  if (pastDue === undefined) return null
  switch (pastDue.state) {
    case 'grace':
      return {
        title: 'Your last payment failed',
        detail:
          pastDue.graceEndsAt === null
            ? `Pay to keep ${name}.`
            : `Pay by ${formatDay(pastDue.graceEndsAt)} to keep ${name}.`,
      }
    case 'free':
      return {
        title: 'Your payment is overdue',
        detail: `Until you pay, you have the Free plan's credits. When you pay, you get ${name} and all its credits back.`,
      }
    case 'denied':
      return {
        title: 'Your payment is overdue',
        detail: `You can't use your credits until you pay for ${name}.`,
      }
    default:
      return pastDue.state satisfies never
  }
}

/** Returns whether the hosted page can charge the overdue amount now. It can't while the plan is scheduled to end. */
export const canPayNow = (plan: PlanSummary | null | undefined): boolean =>
  plan?.status === 'past_due' || plan?.status === 'unpaid'
