import type { BalancesAnswer } from '@metered/billing/client'

/** The server answered for another customer than the one that BillingProvider was given. */
export class WrongCustomerError extends Error {
  override readonly name = 'WrongCustomerError'
  constructor(customer: string | null, answered: string) {
    super(
      `BillingProvider was given customer "${customer}", but the server answered for "${answered}". Pass the ID that the \`customer\` option of createBilling returns.`,
    )
  }
}

const warnings = new Set<string>()

/** Warns in the console, once for each pair of customers. */
export function warnOfWrongCustomer(customer: string | null, answered: string): WrongCustomerError {
  const error = new WrongCustomerError(customer, answered)
  if (!warnings.has(error.message)) console.warn(error.message)
  warnings.add(error.message)
  return error
}

/**
 * Returns the answer, or warns and throws if the answer is for another customer. This happens if another tab
 * has signed in as a different user, or if BillingProvider gets a different ID than the server uses.
 */
export function ofCustomer<Meter extends string>(
  customer: string | null,
  answer: BalancesAnswer<Meter>,
): BalancesAnswer<Meter> {
  if (answer.customer === customer) return answer
  throw warnOfWrongCustomer(customer, answer.customer)
}
