import type { Customer } from '../contract/customer.ts'

/** Describes the sender of a request. */
export interface Caller {
  /**
   * Returns the signed-in customer, or null without a session. Called only by the routes that need a
   * customer.
   */
  customer: () => Promise<Customer | null> | Customer | null
  /**
   * Called before each action of `/api/flowglad/*`, reads included. An action of a limited customer gets 429
   * with `retry-after`. Default: no limit.
   */
  limit?: ((customer: Customer) => Promise<Limited | null> | Limited | null) | undefined
}

export interface Limited {
  /** How long the customer has to wait before the next action. */
  retryAfterMs: number
}

/** The part of `createBilling`'s result that the adapters mount. */
export interface BillingHttp {
  handle(request: Request, caller: Caller): Promise<Response | null>
}

/**
 * The options of each adapter: those of `Caller`, but `customer` gets the framework's own request.
 */
export interface AdapterOptions<FrameworkRequest> {
  /** Returns the signed-in customer, or null without a session. */
  customer: (request: FrameworkRequest) => Promise<Customer | null> | Customer | null
  /** Called before each action of `/api/flowglad/*`, reads included; see `Caller`. */
  limit?: Caller['limit']
}
