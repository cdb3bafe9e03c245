import type { Subscription } from './currentSubscription.ts'
import { type Lifted, liftedForNothing, unclearChange } from './planChangeErrors.ts'

/** The known facts about a failed plan change. */
export interface FailedChange {
  /** The schedule that was removed before the change. */
  lifted: Lifted | null
  /**
   * - `notAsked`: removing the schedule failed, so the change itself was never requested.
   * - `rejected`: Flowglad answered with an error, but may have made the change.
   * - `unclear`: Flowglad didn't respond, but may have made the change, or may still make it.
   */
  outcome: 'notAsked' | 'rejected' | 'unclear'
  /** The subscription after the failure, or null if it couldn't be read. */
  seen: 'notYet' | { subscription: Subscription; isMade: boolean } | null
  /** Whether the removed cancellation has been scheduled again. */
  restored: 'notTried' | 'yes' | 'no'
}

/** The next recovery step. */
export type RecoveryStep =
  | { do: 'look' }
  | { do: 'restoreCancellation' }
  /** The change was made. */
  | { do: 'accept'; subscription: Subscription }
  /**
   * The change was made, but the cancellation has been restored. The cancellation must be removed again,
   * because it would end a paid plan.
   */
  | { do: 'liftRestored'; subscription: Subscription }
  | { do: 'fail'; error: unknown }

/**
 * Decides what to do after a failed plan change.
 *
 * Flowglad rejects plan changes while a cancellation or a downgrade is scheduled, so the schedule was removed
 * before the change. If the change fails, a removed cancellation is restored, because a plan that the
 * customer canceled must not renew. A removed downgrade can't be restored, because Flowglad doesn't report
 * its target, which may have been the free plan.
 */
export function nextRecoveryStep(failed: FailedChange, cause: unknown): RecoveryStep {
  const { lifted, outcome, seen, restored } = failed
  const mustLook = outcome !== 'notAsked' || lifted === 'downgrade' || restored !== 'notTried'
  if (seen === 'notYet' && mustLook) return { do: 'look' }

  const made = seen !== 'notYet' && seen?.isMade ? seen.subscription : null
  if (restored !== 'notTried') {
    if (!made || outcome === 'notAsked') return { do: 'fail', error: errorFor(failed, cause) }
    return { do: made.cancelScheduledAt === null ? 'accept' : 'liftRestored', subscription: made }
  }
  if (outcome !== 'notAsked' && made) return { do: 'accept', subscription: made }
  // Read the subscription before restoring the cancellation, because the cancellation could end a plan that
  // the customer has just paid for.
  if (lifted === 'cancellation' && (outcome === 'notAsked' || seen)) return { do: 'restoreCancellation' }
  return { do: 'fail', error: errorFor(failed, cause) }
}

function errorFor(failed: FailedChange, cause: unknown): unknown {
  const { lifted, seen, restored } = failed
  const isUnclear = mayBeMade(failed)
  if (lifted && restored === 'yes') {
    return isUnclear ? unclearChange(cause, { of: lifted, is: 'restored' }) : cause
  }
  const isLifted = lifted !== null && !(seen && seen !== 'notYet' && isScheduled(seen.subscription))
  if (isUnclear) return unclearChange(cause, isLifted ? { of: lifted, is: 'lifted' } : undefined)
  return isLifted ? liftedForNothing(lifted, cause) : cause
}

/**
 * Returns whether Flowglad may have made the change, or may still make it. If Flowglad rejected the change, the
 * outcome is unknown until the subscription has been read. A cancellation is restored only after this read.
 */
const mayBeMade = ({ outcome, seen, restored }: FailedChange) =>
  outcome === 'unclear' || (outcome === 'rejected' && seen === null && restored === 'notTried')

/**
 * Returns whether a cancellation or a downgrade is still scheduled, for example because removing the schedule
 * failed.
 */
const isScheduled = ({ cancelScheduledAt, scheduledAdjustmentAt }: Subscription) =>
  cancelScheduledAt !== null || scheduledAdjustmentAt !== null
