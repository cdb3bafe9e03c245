import type { Logger } from '../config/logger.ts'

/** Warns about procedures that charge more than their developers expect. */
export class Warnings {
  readonly #logger: Logger
  readonly #queries = new Set<string>()
  #missedRequest = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * Warns once per procedure about a metered query. Clients can refetch a query at any time, for example when
   * the window gains focus.
   */
  meteredQuery(path: string): void {
    if (this.#queries.has(path)) return
    this.#queries.add(path)
    this.#logger.warn(
      { procedure: path },
      `${path} is a metered query, so each refetch by a client is charged. Make it a mutation, or derive its key from the input: metered(…, { key: ({ input }) => … }).`,
    )
  }

  /**
   * Warns once if the context of a client's call has no billing request. A server-side caller that passes a
   * signal can't be distinguished from a client.
   */
  missingRequest(path: string): void {
    if (this.#missedRequest) return
    this.#missedRequest = true
    this.#logger.warn(
      { procedure: path },
      'The context has no billing request, so keys in the request header have no effect, and calls from pages on foreign origins are not refused. Add ...billing.trpc.request({ req, info }) to the result of createContext. Server-side callers do not need it.',
    )
  }
}
