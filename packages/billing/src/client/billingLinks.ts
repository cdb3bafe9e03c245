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
 * The options of `billingLinks`: the options of tRPC's `httpBatchLink` (`url`, `headers`, `transformer`,
 * `fetch`, …), and these.
 */
export type BillingLinksOptions<Router extends AnyTRPCRouter> = HttpOptions<Router> & {
  /**
   * The app's QueryClient. The balances in each response update the cache entry that `useBalance()` and
   * `trpc.billing.balances.useQuery()` read.
   */
  queryClient?: BalancesCache
  /** Receives the balances in each response. For apps without TanStack Query. */
  onBalances?: (balances: BalancesAnswer) => void
  /** The billing router's query key, as in `createBillingHooks`. The default is `[['billing']]`. */
  queryKey?: BillingQueryKey
  /** Links between the keys and the request, such as `retryLink` or `loggerLink`. */
  links?: TRPCLink<Router>[]
  /** Sends the subscriptions. The default is `httpSubscriptionLink`. */
  subscriptionLink?: TRPCLink<Router>
  /** Parameters for `createContext` (`info.connectionParams`), sent with subscriptions and WebSockets. */
  connectionParams?: Exclude<WebSocketClientOptions['connectionParams'], undefined>
  /** The options of each EventSource. For another origin, pass `{ withCredentials: true }` to send cookies. */
  eventSourceOptions?: { withCredentials?: boolean }
  /** The options of the WebSocket client, for a `ws://` or `wss://` URL. */
  webSocket?: Omit<WebSocketClientOptions, 'url' | 'connectionParams'>
  /** How long a call waits for another attempt under its key, in milliseconds. The default is 30 s. */
  maxWaitMs?: number
}

/**
 * Creates the links of a tRPC client whose server has metered procedures. Each operation gets a key, so that it
 * is charged once. The balances in responses go to `queryClient` or `onBalances`. Queries are batched, and
 * subscriptions use server-sent events. With a `ws://` or `wss://` URL, everything is sent over one WebSocket.
 *
 * `headers` are sent with each call, beside the keys. Subscriptions and WebSockets have no headers; use
 * `connectionParams`.
 *
 * For another combination of links, use `idempotencyLink`, `keyHeaders` and `balancesLink`.
 */
export function billingLinks<Router extends AnyTRPCRouter>(
  given: BillingLinksOptions<Router>,
): TRPCLink<Router>[] {
  // The router's type only decides whether `transformer` is required, which the caller's types have checked.
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
    // The server can wait for Flowglad before it answers with the plans.
    false: httpLinks(options, ({ path }) => path === plansPath),
  })
}
