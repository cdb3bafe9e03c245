import type { Customer } from '../contract/customer.ts'

/** The sender of a request. */
export interface Caller {
  /**
   * Returns the signed-in customer, or null if there is no session. Called only by routes that need a
   * customer.
   */
  customer: () => Promise<Customer | null> | Customer | null
  /**
   * Called before each action under `/api/flowglad/*`, including reads. To limit the customer, return an
   * object with `retryAfterMs`. The handler then responds with 429 and a `retry-after` header. Default: no
   * limit.
   */
  limit?: ((customer: Customer) => Promise<Limited | null> | Limited | null) | undefined
}

export interface Limited {
  /** How long the customer has to wait before the next action. */
  retryAfterMs: number
}

/** The part of `createBilling`'s result that the adapters mount. */
export interface BillingHttp {
  /** Responds to a request to one of billing's routes. Resolves to null for any other path. */
  handle(request: Request, caller: Caller): Promise<Response | null>
}

/**
 * The options of each adapter: the fields of `Caller`, but with a `customer` that receives the framework's
 * own request.
 */
export interface AdapterOptions<FrameworkRequest> {
  /** Returns the signed-in customer, or null if there is no session. */
  customer: (request: FrameworkRequest) => Promise<Customer | null> | Customer | null
  /** Limits the actions under `/api/flowglad/*`. See `Caller`. */
  limit?: Caller['limit']
}
