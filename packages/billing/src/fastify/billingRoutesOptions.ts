import type { FastifyRequest } from 'fastify'
import type { Customer } from '../contract/customer.ts'
import type { Billing } from '../createBilling.ts'

/** What `billingRoutes` is registered with. */
export interface BillingRoutesOptions {
  billing: Pick<Billing, 'health' | 'handleWebhook' | 'internals'>
  /** Who is signed in; null for nobody. */
  customer: (request: FastifyRequest) => Promise<Customer | null> | Customer | null
  /** Asked before each action of `/api/flowglad/*`, reading included; what it answers is refused with 429 and `retry-after`. Default: no limit. */
  limit?: (customer: Customer) => Promise<Limited | null>
}

/** How long until the customer may ask again, in milliseconds. */
export interface Limited {
  retryAfterMs: number
}
