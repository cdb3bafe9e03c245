import { trpc } from '../api/trpc.ts'

/** How often the page reads the ledger again, to show changes by customers and other operators. */
export const refreshMs = 5_000

/** Returns the customer's entry and report. `data` is null if there is no such customer. */
export const useCustomer = (customer: string) =>
  trpc.operator.customer.useQuery({ customer }, { refetchInterval: refreshMs })
