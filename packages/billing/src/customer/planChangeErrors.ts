import { PlanChangeError } from '../contract/errors.ts'
import type { Charge } from '../contract/statement.ts'

/** The kind of schedule that was removed before a plan change. */
export type Lifted = 'cancellation' | 'downgrade'

/** Creates the error for a change that Flowglad may have made. */
export const unclearChange = (cause: unknown, schedule?: { of: Lifted; is: 'lifted' | 'restored' }) =>
  new PlanChangeError(
    [
      "The billing service didn't respond. Your plan may have changed.",
      ...(schedule
        ? [`Your ${schedule.of} is ${schedule.is === 'lifted' ? 'no longer scheduled' : 'scheduled again'}.`]
        : []),
      'Check your plan in a minute before you try again.',
    ].join(' '),
    { cause, mayHaveCharged: true },
  )

/**
 * Flowglad returns this error if a plan change's payment fails, and sometimes if the change fails after its
 * payment.
 */
const isFailedPayment = (error: unknown) =>
  error instanceof PlanChangeError && error.message.startsWith('Billing run failed')

/**
 * Returns the error for a change that Flowglad rejected. If the payment failed, replaces Flowglad's message
 * with one for customers. `readCharge` returns the change's payment, null if there is none, or `unknown`.
 */
export async function rejectedChange(
  error: unknown,
  readCharge: () => Promise<Charge | 'unknown' | null>,
): Promise<unknown> {
  if (!isFailedPayment(error)) return error
  if ((await readCharge()) === null) {
    return new PlanChangeError('Your card was declined. Use another card, then try again.', { cause: error })
  }
  return new PlanChangeError(
    "Your plan couldn't be changed, but your card may have been charged. Check your payments before you try again.",
    { cause: error, mayHaveCharged: true },
  )
}

/**
 * Creates the error for a failed plan change that leaves the customer without the scheduled cancellation or
 * downgrade. The change removed the schedule first, and the schedule couldn't be restored.
 */
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
