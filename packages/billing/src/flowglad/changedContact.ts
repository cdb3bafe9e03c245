import { z } from 'zod'
import type { Customer, KnownCustomer } from '../contract/customer.ts'

const recorded = z.object({ customer: z.object({ name: z.string(), email: z.string() }) })

/**
 * Returns the customer if the name or the email differs from the one in `billing`, Flowglad's response to
 * `GET billing`. Returns null if both are equal. Also returns null if the caller passes only the customer's ID.
 */
export function changedContact({ id, name, email }: KnownCustomer, billing: unknown): Customer | null {
  const { data } = recorded.safeParse(billing)
  if (!data || name === undefined || email === undefined) return null
  return data.customer.name === name && data.customer.email === email ? null : { id, name, email }
}
