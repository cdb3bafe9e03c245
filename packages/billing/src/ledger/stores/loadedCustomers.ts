import type { LoadedCustomer } from '../core/draft.ts'

/** Returns an empty entry for each customer, and a function `of` that returns a customer's entry. */
export function loadedCustomers(customers: string[]) {
  const loaded = new Map<string, LoadedCustomer>()
  for (const customer of customers) {
    loaded.set(customer, { row: null, accounts: [], holds: [], keys: [], events: [], oldestResults: [] })
  }
  const of = (customer: string): LoadedCustomer => {
    const entry = loaded.get(customer)
    if (!entry) throw new Error(`Unexpected row for customer ${customer}`)
    return entry
  }
  return { loaded, of }
}
