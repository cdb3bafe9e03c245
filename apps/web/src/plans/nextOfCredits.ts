import type { PlanSummary } from '@metered/billing/client'
import { formatDay } from '../format/format.ts'

interface NextOfCredits {
  /** `endUnpaid`: the credits end unless the customer pays for the plan. */
  event: 'renew' | 'end' | 'endUnpaid'
  /** When the credits renew or end. Null if they do neither. */
  at: number | null
}

/**
 * Returns when a meter's credits renew or end. `renewsAt` is the meter's renewal date. The credits of an unpaid plan end
 * with its grace period, if that is earlier. When the grace period of a free plan ends, the plan loses only its extra
 * units.
 */
export function nextOfCredits(plan: PlanSummary | null | undefined, renewsAt: number | null): NextOfCredits {
  const isCanceled = plan?.cancelsAt != null
  const graceEndsAt = plan?.pastDue?.state === 'grace' && !plan.isFree ? plan.pastDue.graceEndsAt : null
  if (graceEndsAt !== null && renewsAt !== null && graceEndsAt < renewsAt)
    // While a cancellation is scheduled, the customer can't pay for the plan.
    return { event: isCanceled ? 'end' : 'endUnpaid', at: graceEndsAt }
  return { event: isCanceled ? 'end' : 'renew', at: renewsAt }
}

/** Returns when the credits renew or end, such as `Renews on 28 December`. Null if they do neither. */
export function nextOfCreditsText(
  plan: PlanSummary | null | undefined,
  renewsAt: number | null,
): string | null {
  const { event, at } = nextOfCredits(plan, renewsAt)
  if (at === null) return null
  const day = formatDay(at)
  switch (event) {
    case 'renew':
      return `Renews on ${day}`
    case 'end':
      return `Ends on ${day}`
    case 'endUnpaid':
      return `Ends on ${day} unless you pay`
    default:
      return event satisfies never
  }
}
