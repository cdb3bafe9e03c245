import { formatDate, formatTime } from '../format/format.ts'
import type { Report } from './words.ts'

/** Describes the customer's plan, and says when it was read from Flowglad. */
export function PlanLine({ snapshot }: Pick<Report, 'snapshot'>) {
  if (!snapshot) return 'Not fetched from Flowglad yet'
  const { subscription, asOf, outdated, pastDue } = snapshot
  const facts = [
    subscription ? `${subscription.planName}, ${subscription.status.replaceAll('_', ' ')}` : 'No plan',
    ...(subscription?.periodEnd ? [`period ends on ${formatDate(subscription.periodEnd)}`] : []),
    ...(pastDue ? [`payment overdue since ${formatDate(pastDue.since)}`] : []),
    `read from Flowglad ${formatTime(asOf)}${outdated ? ' (outdated)' : ''}`,
  ]
  return facts.join(' · ')
}
