import { trpc } from '../api/trpc.ts'

/** How often the page refetches its data, to show what customers and other operators changed. */
export const refreshMs = 5_000

/** Returns the customer, refetched regularly. `data` is null if no customer has this ID. */
export const useCustomer = (customer: string) =>
  trpc.operator.customer.useQuery({ customer }, { refetchInterval: refreshMs })
