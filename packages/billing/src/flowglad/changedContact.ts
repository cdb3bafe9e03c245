import { z } from 'zod'
import type { Customer, KnownCustomer } from '../contract/customer.ts'

const recorded = z.object({ customer: z.object({ name: z.string(), email: z.string() }) })

/**
 * Returns the customer if the name or email differs from Flowglad's. `billing` is Flowglad's `GET billing`
 * answer. Returns null if the name and the email are the same, or if only the customer's ID is known.
 */
export function changedContact({ id, name, email }: KnownCustomer, billing: unknown): Customer | null {
  const { data } = recorded.safeParse(billing)
  if (!data || name === undefined || email === undefined) return null
  return data.customer.name === name && data.customer.email === email ? null : { id, name, email }
}
