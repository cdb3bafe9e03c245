import { denialStatuses } from '../contract/denialStatuses.ts'
import { BillingError, BudgetError, InvalidAmountError, PlanChangeError } from '../contract/errors.ts'
import { withoutLedger } from '../ledger/onLedger.ts'

export interface BillingErrorReply {
  status: number
  body: { error: string; message: string } & Record<string, unknown>
}

/**
 * Returns the HTTP response for one of this package's errors, or null for any other error. If a customer has
 * too few units, the response is 402 with
 * `{ error: 'insufficient_credits', message, availableBalance, required, upgradeUrl }`.
 */
export function billingErrorReply(thrown: unknown): BillingErrorReply | null {
  const error = withoutLedger(thrown)
  if (error instanceof BillingError) {
    const { code, ...detail } = error.denial
    return {
      status: denialStatuses[code].http,
      body: { error: code.toLowerCase(), message: error.message, ...detail },
    }
  }
  if (error instanceof InvalidAmountError) {
    return { status: 400, body: { error: 'invalid_amount', message: error.message } }
  }
  if (error instanceof BudgetError) {
    return {
      status: error.isForbidden ? 403 : 400,
      body: { error: 'budget_rejected', message: error.message },
    }
  }
  if (error instanceof PlanChangeError) {
    return { status: 400, body: { error: 'plan_change_failed', message: error.message } }
  }
  return null
}
