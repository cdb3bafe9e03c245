import type { BillingStatement, PlanSummary } from '@metered/billing/client'
import type { Meter } from '../api/meters.ts'
import { formatDate } from '../format/format.ts'
import { endText } from '../plans/endOf.ts'
import { unbilledText } from '../plans/overage.ts'
import { pastDueText } from '../plans/pastDueText.ts'

type Statement = BillingStatement<Meter> | undefined

/** Returns the text on the Billing screen that says when the plan renews, changes or ends. */
export function whatHappensNext(
  plan: PlanSummary,
  statement: Statement,
  { follower, lost }: { follower: string | null; lost: string | null },
): string {
  const { cancelsAt, changesAt, renewsAt, isFree, name } = plan
  const unpaid = pastDueText(plan, statement, lost)
  if (unpaid !== null)
    return [
      unpaid.detail,
      cancelsAt === null ? null : endText(name, cancelsAt, follower),
      cancelsAt === null ? null : unbilledText(statement, name),
      changesAt === null ? null : changeText(changesAt, statement),
    ]
      .filter((part) => part !== null)
      .join(' ')
  if (cancelsAt !== null)
    return [
      endText(name, cancelsAt, follower),
      `Until then, you keep ${name} and its credits.`,
      lost ? `When ${name} ends, you'll lose ${lost}.` : null,
      `You won't be charged for ${name} again.`,
    ]
      .filter((part) => part !== null)
      .join(' ')
  if (changesAt !== null)
    return `${changeText(changesAt, statement)} Until then, you keep ${name} and its credits.`
  if (renewsAt === null) return "This plan doesn't renew."
  return isFree
    ? `Your credits renew on ${formatDate(renewsAt)}.`
    : `Renews on ${formatDate(renewsAt)} with new credits.`
}

function changeText(changesAt: number, statement: Statement): string {
  const to = statement?.changesTo?.name
  return `Changes${to ? ` to ${to}` : ''} on ${formatDate(changesAt)}.`
}
