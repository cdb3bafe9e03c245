import { PlanChangeError } from '../contract/errors.ts'
import type { Subscription } from './currentSubscription.ts'

/**
 * Decides how to get from the current plan to another paid plan:
 * - `nothing`: it is already the current plan, and nothing is scheduled to end it.
 * - `lift`: it is the current plan, and a scheduled change would end it.
 * - `adjust`: Flowglad has to change the plan.
 *
 * Throws a `PlanChangeError` if the customer must change the plan another way.
 */
export function decidePlanChange(current: Subscription, priceSlug: string): 'nothing' | 'lift' | 'adjust' {
  if (current.isFree) throw new PlanChangeError("You're on the free plan. Upgrade through the checkout.")
  const { cancelScheduledAt, scheduledAdjustmentAt } = current
  if (current.priceSlug === priceSlug) {
    return cancelScheduledAt === null && scheduledAdjustmentAt === null ? 'nothing' : 'lift'
  }
  if (scheduledAdjustmentAt !== null) {
    // If the change then failed, the lifted downgrade couldn't be restored.
    throw new PlanChangeError('Another plan change is already scheduled. Undo it first.')
  }
  return 'adjust'
}
