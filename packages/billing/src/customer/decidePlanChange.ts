import { PlanChangeError } from '../contract/errors.ts'
import type { CurrentPlan } from './currentSubscription.ts'

/**
 * Decides how to change the current plan to another paid plan:
 * - `nothing`: the wanted plan is already the current plan, and no scheduled change would end it.
 * - `lift`: the wanted plan is the current plan, but a scheduled change would end it.
 * - `adjust`: Flowglad has to change the plan.
 *
 * Throws a `PlanChangeError` if the plan can't be changed this way.
 */
export function decidePlanChange(current: CurrentPlan, priceSlug: string): 'nothing' | 'lift' | 'adjust' {
  if (current.isFree) throw new PlanChangeError("You're on the free plan. Upgrade through the checkout.")
  const { cancelScheduledAt, scheduledAdjustmentAt, isPastDue, planName } = current
  if (current.priceSlug === priceSlug) {
    return cancelScheduledAt === null && scheduledAdjustmentAt === null ? 'nothing' : 'lift'
  }
  if (isPastDue) {
    // Flowglad would credit the unpaid plan as if it were paid, and leave the renewal's invoice open.
    throw new PlanChangeError(`Pay for ${planName} first. Then you can change your plan.`)
  }
  if (scheduledAdjustmentAt !== null) {
    // Flowglad accepts a change only after the scheduled downgrade is removed. If the change failed, the
    // downgrade couldn't be restored.
    throw new PlanChangeError('Another plan change is already scheduled. Undo it first.')
  }
  return 'adjust'
}
