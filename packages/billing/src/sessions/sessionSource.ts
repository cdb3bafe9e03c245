import type { Customer } from '../contract/customer.ts'

/**
 * Reads sessions from their store, so that a session's open streams end with the session, and later calls
 * over its WebSockets are rejected.
 */
export interface SessionSource<Ctx> {
  /**
   * Returns the session's ID. A customer's streams whose contexts have the same ID share one check. If one
   * session can be used for several customers, such as organizations, each customer has its own check.
   */
  id: (ctx: Ctx) => string
  /**
   * Returns the customer that the session belongs to now, or null if the session has ended. Read the session
   * from its store, not from a copy such as a cookie or the context. If the store is unreachable, reject the
   * promise, and the session is checked again later.
   */
  customer: (ctx: Ctx) => Promise<Pick<Customer, 'id'> | null>
}
