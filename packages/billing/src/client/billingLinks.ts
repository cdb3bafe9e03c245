import {
  createWSClient,
  httpSubscriptionLink,
  splitLink,
  type TRPCLink,
  type WebSocketClientOptions,
  wsLink,
} from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { BalancesAnswer } from '../contract/balances.ts'
import { type BalancesCache, installBalances, keepNewestBalances } from './balancesCache.ts'
import { balancesLink } from './balancesLink.ts'
import { type BillingQueryKey, billingQueryKeys } from './billingQueryKeys.ts'
import { type HttpOptions, httpLinks } from './httpLinks.ts'
import { idempotencyLink } from './idempotencyLink.ts'

/**
 * The options of `billingLinks`, including the options of tRPC's `httpBatchLink`: `url`, `headers`,
 * `transformer`, `fetch` and others.
 */
export type BillingLinksOptions<Router extends AnyTRPCRouter> = HttpOptions<Router> & {
  /**
   * The app's QueryClient. The balances in each response update the cache entry that `useBalance()` and
   * `trpc.billing.balances.useQuery()` read.
   */
  queryClient?: BalancesCache
  /** Called with the balances in each response. Use this option in apps without TanStack Query. */
  onBalances?: (balances: BalancesAnswer) => void
  /**
   * The billing router's query key. Pass the same key to `createBillingHooks`. The default is
   * `[['billing']]`.
   */
  queryKey?: BillingQueryKey
  /**
   * Links that run after a call gets its key and before the request is sent, such as `retryLink` or
   * `loggerLink`.
   */
  links?: TRPCLink<Router>[]
  /** The link that sends subscriptions, unless `url` is a WebSocket URL. The default is `httpSubscriptionLink`. */
  subscriptionLink?: TRPCLink<Router>
  /**
   * The parameters that `createContext` receives as `info.connectionParams`. Subscriptions and WebSocket
   * connections send these parameters.
   */
  connectionParams?: Exclude<WebSocketClientOptions['connectionParams'], undefined>
  /**
   * The options for each EventSource. To send cookies to another origin, pass `{ withCredentials: true }`.
   */
  eventSourceOptions?: { withCredentials?: boolean }
  /** The WebSocket client's options. Used only for a `ws://` or `wss://` URL. */
  webSocket?: Omit<WebSocketClientOptions, 'url' | 'connectionParams'>
  /**
   * The maximum time, in milliseconds, that a call waits for another attempt under the same key. The default
   * is 30,000.
   */
  maxWaitMs?: number
}

/**
 * Creates the links of a tRPC client whose server has metered procedures. Each query and mutation gets a key and
 * is charged once, no matter how often it is sent. `queryClient` and `onBalances` receive the balances in
 * responses. Queries are batched, and subscriptions use server-sent events. With a `ws://` or `wss://` URL,
 * all operations are sent over one WebSocket.
 *
 * `headers` are sent with each call, in addition to the keys. For subscriptions and WebSockets, which can't
 * send headers, use `connectionParams`.
 *
 * For a different combination of links, use `idempotencyLink`, `keyHeaders` and `balancesLink`.
 */
export function billingLinks<Router extends AnyTRPCRouter>(
  given: BillingLinksOptions<Router>,
): TRPCLink<Router>[] {
  // This cast is safe, because the router's type only determines whether `transformer` is required.
  // TypeScript checks this option in the caller.
  const options = given as unknown as BillingLinksOptions<AnyTRPCRouter>
  const { queryClient, onBalances, links = [], maxWaitMs } = options
  const isSocket = /^wss?:/i.test(String(options.url))
  if (queryClient) keepNewestBalances(queryClient, options)
  return [
    balancesLink({
      onBalances(answer) {
        if (queryClient) installBalances(queryClient, answer, options)
        onBalances?.(answer)
      },
    }),
    idempotencyLink({ keyIn: isSocket ? 'input' : 'header', ...(maxWaitMs !== undefined && { maxWaitMs }) }),
    ...links,
    isSocket ? socketLink(options) : callsAndSubscriptions(options),
  ]
}

function socketLink(options: BillingLinksOptions<AnyTRPCRouter>) {
  const { connectionParams = null, webSocket } = options
  const client = createWSClient({ ...webSocket, url: String(options.url), connectionParams })
  return wsLink({ ...options, client })
}

function callsAndSubscriptions(options: BillingLinksOptions<AnyTRPCRouter>) {
  const { subscriptionLink, queryKey } = options
  const plansPath = `${billingQueryKeys(queryKey).path}.plans`
  return splitLink<AnyTRPCRouter>({
    condition: (op) => op.type === 'subscription',
    true: subscriptionLink ?? httpSubscriptionLink({ ...options, url: String(options.url) }),
    // Send the query for plans in a separate request, because the server might have to wait for Flowglad.
    false: httpLinks(options, ({ path }) => path === plansPath),
  })
}
