import { PlanChangeError } from '../contract/errors.ts'

/** The kind of schedule that was removed before a plan change. */
export type Lifted = 'cancellation' | 'downgrade'

/** Creates the error for a change that Flowglad may or may not have made. */
export const unclearChange = (cause: unknown, schedule?: { of: Lifted; is: 'lifted' | 'restored' }) =>
  new PlanChangeError(
    [
      "The billing service didn't answer. Your plan may have changed.",
      ...(schedule
        ? [`Your ${schedule.of} is ${schedule.is === 'lifted' ? 'no longer scheduled' : 'scheduled again'}.`]
        : []),
      'Check your plan in a minute before you try again.',
    ].join(' '),
    { cause },
  )

/** Creates the error for a failed change whose removed schedule couldn't be restored. */
export const liftedForNothing = (lifted: Lifted, cause: unknown) =>
  new PlanChangeError(
    lifted === 'cancellation'
      ? "Your plan couldn't be changed, and your cancellation is no longer scheduled. Please cancel again."
      : "Your plan couldn't be changed, and your downgrade is no longer scheduled. Please choose it again.",
    { cause },
  )

/**
 * Awaits a report on a change that Flowglad has already made. If the report fails, rejects with
 * `unclearChange`, because the change itself succeeded and the customer may have paid for it.
 */
export async function afterPlanChange<T>(report: Promise<T>): Promise<T> {
  try {
    return await report
  } catch (error) {
    throw unclearChange(error)
  }
}
