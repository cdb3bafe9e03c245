import type { BalancesAnswer } from '@metered/billing/client'
import type { QueryClient } from '@tanstack/react-query'
import { shownIn } from './ShownCustomer.ts'

/** Reports that the server's response is for a customer other than the one passed to BillingProvider. */
export class WrongCustomerError extends Error {
  override readonly name = 'WrongCustomerError'
  constructor(customer: string | null, answered: string) {
    super(
      `BillingProvider was given customer "${customer}", but the server returned data for "${answered}". Pass the ID that the \`customer\` option of createBilling returns.`,
    )
  }
}

const warnings = new Set<string>()

/** Logs a warning to the console, once for each pair of customers, and returns it as an error. */
export function warnOfWrongCustomer(customer: string | null, answered: string): WrongCustomerError {
  const error = new WrongCustomerError(customer, answered)
  if (!warnings.has(error.message)) console.warn(error.message)
  warnings.add(error.message)
  return error
}

/**
 * Returns a query's response. If BillingProvider's ID differs from the ID that the server uses, warns and
 * throws instead. A change of the session's customer isn't an error, because the page then shows the new
 * customer.
 */
export function ofCustomer<Meter extends string>(
  customer: string | null,
  answer: BalancesAnswer<Meter>,
  queryClient: QueryClient,
): BalancesAnswer<Meter> {
  if (answer.customer === customer) return answer
  const verdict = shownIn(queryClient).judge(answer, 'query')
  if (verdict === 'show' || verdict === 'follow') return answer
  throw warnOfWrongCustomer(customer, answer.customer)
}
