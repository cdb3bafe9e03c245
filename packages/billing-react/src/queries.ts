import {
  type Alert,
  asRead,
  type BalancesAnswer,
  type BillingStatement,
  type Budget,
  type ChangePreview,
  installBalances,
  newestInCache,
  type PlanOffer,
  type RefreshedBalances,
  startRead,
  type UsageDay,
  type UsageQuery,
} from '@metered/billing/client'
import {
  type QueryClient,
  replaceEqualDeep,
  type StaleTime,
  type UseQueryOptions,
} from '@tanstack/react-query'
import type { BillingClient } from './BillingClient.ts'
import { invalidateFlowglad, type QueryKeys } from './queryKeys.ts'
import { ofCustomer } from './wrongCustomer.ts'

/** The values that the hooks read from their provider. */
export interface BillingContext<Meter extends string, Dimension extends string = never> {
  client: BillingClient<Meter, Dimension>
  /** The ID of the customer that the page shows, or null. Without a customer, only the plans are fetched. */
  customer: string | null
  keys: QueryKeys
}

/**
 * How long fetched balances count as fresh, so that hooks that mount during the same navigation share one
 * request.
 */
export const balancesFreshMs = 5_000
const plansFreshMs = 60_000

/**
 * Returns the default options for all observers of the balances query, including
 * `trpc.billing.balances.useQuery()`. While the stream delivers balances, the query is static, so neither
 * mounting nor invalidating it sends a request.
 */
export function balancesDefaults(queryClient: QueryClient, keys: QueryKeys, isDelivering: () => boolean) {
  return {
    structuralSharing: newestInCache(queryClient, { queryKey: keys.router }, replaceEqualDeep),
    staleTime: (): StaleTime => (isDelivering() ? 'static' : balancesFreshMs),
  }
}

export function balancesOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  queryClient: QueryClient,
): UseQueryOptions<BalancesAnswer<Meter>> {
  return {
    queryKey: keys.balances,
    async queryFn({ signal }) {
      const start = startRead()
      const answer = await client.balances.query(undefined, { signal })
      // Skip the checks for a canceled request, because the cache drops its response.
      return signal.aborted ? answer : asRead(ofCustomer(customer, answer, queryClient), start)
    },
    enabled: customer !== null,
  }
}

/** Fetches the balances from Flowglad, and stores and returns them. */
export async function refreshBalances<Meter extends string>(
  { client, keys }: Pick<BillingContext<Meter>, 'client' | 'keys'>,
  queryClient: QueryClient,
  call?: { signal: AbortSignal },
): Promise<RefreshedBalances<Meter>> {
  const start = startRead()
  const { ageMs, ...answer } = await client.refresh.mutate({}, call)
  installBalances(queryClient, asRead(answer, start), { queryKey: keys.router })
  return { ...answer, ageMs }
}

/** Reports whether the balances are current, and when Flowglad last responded. */
export interface BillingStatus {
  /**
   * Whether Flowglad has responded recently. If false, the plan and the balances come from an older response.
   */
  current: boolean
  /**
   * The time of Flowglad's last response, in epoch milliseconds by the server's clock. Null if Flowglad has
   * never responded.
   */
  asOf: number | null
}

/**
 * The age up to which a response counts as current. The age of a response can be above 0, because the server may
 * have fetched the response shortly before the request.
 */
const currentMs = 15_000
const retryMs = 8_000

/**
 * Statuses that count as current but come from an earlier response, because Flowglad can't be reached or the
 * server reused a recent response. These statuses are checked again.
 */
const unconfirmed = new WeakSet<BillingStatus>()
const confirmedMs = 1_000

export function statusOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  queryClient: QueryClient,
): UseQueryOptions<BillingStatus> {
  return {
    queryKey: keys.status,
    async queryFn({ signal }) {
      const { ageMs, asOf } = await refreshBalances({ client, keys }, queryClient, { signal })
      const current = ageMs !== null && ageMs < currentMs
      const wasOutdated = queryClient.getQueryData<BillingStatus>(keys.status)?.current === false
      if (current && wasOutdated) invalidateFlowglad(queryClient)
      const status = { current, asOf }
      if (current && ageMs > confirmedMs) unconfirmed.add(status)
      return status
    },
    enabled: customer !== null,
    staleTime: 0,
    gcTime: 0,
    // Don't reuse an earlier, equal status, because `unconfirmed` may contain only one of the two statuses.
    structuralSharing: false,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && (!data.current || unconfirmed.has(data)) ? retryMs : false,
  }
}

export function usageOptions<Meter extends string, Dimension extends string>(
  { client, customer, keys }: BillingContext<Meter, Dimension>,
  query: UsageQuery<Dimension>,
): UseQueryOptions<UsageDay<Meter>[]> {
  const { by } = query
  const input = query.from === undefined ? { ...query, days: query.days ?? 30 } : query
  return {
    queryKey: keys.usage(input),
    queryFn: ({ signal }) => client.usage.query(input, { signal }),
    enabled: customer !== null,
    // Don't show one dimension's values as the values of another.
    meta: { by },
    placeholderData: (previous, previousQuery) => (previousQuery?.meta?.by === by ? previous : undefined),
  }
}

export function budgetsOptions<Meter extends string>({
  client,
  customer,
  keys,
}: BillingContext<Meter>): UseQueryOptions<{ budgets: Budget<Meter>[] }, Error, Budget<Meter>[]> {
  return {
    queryKey: keys.budgets,
    queryFn: ({ signal }) => client.budgets.query(undefined, { signal }),
    // The cache contains the procedure's output, so that `trpc.billing.budgets.useQuery()` can share the entry.
    select: ({ budgets }) => budgets,
    enabled: customer !== null,
  }
}

export function alertsOptions<Meter extends string>({
  client,
  customer,
  keys,
}: BillingContext<Meter>): UseQueryOptions<{ alerts: Alert<Meter>[] }, Error, Alert<Meter>[]> {
  return {
    queryKey: keys.alerts,
    queryFn: ({ signal }) => client.alerts.query(undefined, { signal }),
    select: ({ alerts }) => alerts,
    enabled: customer !== null,
  }
}

export function plansOptions<Meter extends string>({
  client,
  keys,
}: BillingContext<Meter>): UseQueryOptions<PlanOffer<Meter>[]> {
  return {
    queryKey: keys.plans,
    queryFn: ({ signal }) => client.plans.query(undefined, { signal }),
    staleTime: plansFreshMs,
  }
}

export function statementOptions<Meter extends string>({
  client,
  customer,
  keys,
}: BillingContext<Meter>): UseQueryOptions<BillingStatement<Meter>> {
  return {
    queryKey: keys.statement,
    queryFn: ({ signal }) => client.statement.query(undefined, { signal }),
    enabled: customer !== null,
  }
}

/** How often a preview is requested again while it is shown. The server promises a preview's charge for 90 seconds. */
const previewEveryMs = 60_000

/** Never shows a cached preview, because a preview depends on the current time. */
export function previewOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  priceSlug: string | null,
): UseQueryOptions<ChangePreview<Meter>> {
  return {
    queryKey: keys.previewChange({ priceSlug: priceSlug ?? '' }),
    queryFn: ({ signal }) => client.previewChange.query({ priceSlug: priceSlug ?? '' }, { signal }),
    enabled: customer !== null && priceSlug !== null,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: previewEveryMs,
  }
}
