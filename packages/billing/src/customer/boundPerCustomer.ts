import type { Customer } from '../contract/customer.ts'
import { unavailable } from '../contract/errors.ts'

const retryAfterMs = 2_000

/**
 * Wraps a group of functions so that each customer can have at most `max` calls to the group in progress.
 * Further calls are denied with `BILLING_UNAVAILABLE` before their work starts.
 */
export function createBoundPerCustomer(max: number) {
  const inProgress = new Map<string, number>()
  return <Rest extends unknown[], Result>(work: (customer: Customer, ...rest: Rest) => Promise<Result>) =>
    async (customer: Customer, ...rest: Rest): Promise<Result> => {
      const { id } = customer
      const before = inProgress.get(id) ?? 0
      if (before >= max) throw unavailable(retryAfterMs)
      inProgress.set(id, before + 1)
      try {
        return await work(customer, ...rest)
      } finally {
        const left = (inProgress.get(id) ?? 1) - 1
        if (left > 0) inProgress.set(id, left)
        else inProgress.delete(id)
      }
    }
}
