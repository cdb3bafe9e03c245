import type { BillingStatement, PlanSummary } from '@metered/billing/client'
import { formatDay, formatMoney } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { methodText } from '../format/payments.ts'

/** Explains an overdue payment, and what the customer can still use. Returns null if no payment is overdue. */
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

/**
 * Returns the amount due, such as `$20 is due. We'll try Visa ending in 4242 again on 3 May.` Returns null if the
 * amount isn't known.
 */
export function amountDueText(statement: BillingStatement<Meter> | undefined): string | null {
  if (!statement?.overdue) return null
  const { amount, currency, retriesAt } = statement.overdue
  const due = `${formatMoney(amount, currency)} is due.`
  if (retriesAt === null) return due
  const method = statement.method ? methodText(statement.method) : 'your card'
  return `${due} We'll try ${method} again on ${formatDay(retriesAt)}.`
}
