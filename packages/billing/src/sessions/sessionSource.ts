import type { Customer } from '../contract/customer.ts'

/** Reads sessions from their store, so that open streams and WebSockets end with their session. */
export interface SessionSource<Ctx> {
  /**
   * Returns the session's ID. A customer's streams whose contexts have the same ID share one check. If one session
   * can be used for several customers, such as organizations, each customer has its own check.
   */
  id: (ctx: Ctx) => string
  /**
   * Returns the customer that the session has now, or null if the session has ended. Read the session from its
   * store, not from a copy such as a cookie or the context. If the store is unreachable, reject: the check is
   * then repeated.
   */
  customer: (ctx: Ctx) => Promise<Pick<Customer, 'id'> | null>
}
