import { BillingError, PlanChangeError, unavailable } from '../contract/errors.ts'
import { flowgladError } from '../flowglad/flowgladError.ts'

/**
 * Returns Flowglad's answer. If Flowglad rejects the request, throws a `PlanChangeError` with Flowglad's
 * message, which the customer sees. If Flowglad doesn't respond, throws `BILLING_UNAVAILABLE`. Rethrows a
 * `BillingError` unchanged.
 */
export async function askFlowglad<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof BillingError) throw error
    const rejection = flowgladError(error)
    if (rejection) throw new PlanChangeError(rejection.message, { cause: error })
    throw unavailable(2_000, error)
  }
}
