import type { LoadedCustomer } from '../core/draft.ts'

/** Returns an empty entry for each customer, and `of`, which finds the entry that a loaded row belongs to. */
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
