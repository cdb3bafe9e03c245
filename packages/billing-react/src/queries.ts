import type { BalancesAnswer, PlanOffer, UsageDay } from '@metered/billing/client'
import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
  type StaleTime,
} from '@tanstack/react-query'
import type { BillingClient, ChargesPage } from './BillingClient.ts'
import { installBalances, newestInCache } from './installBalances.ts'
import { invalidateFlowglad, type QueryKeys } from './queryKeys.ts'

/** The values that the hooks read from their provider. */
export interface BillingContext<Meter extends string> {
  client: BillingClient<Meter>
  /** null while signed out: then only the plans are fetched. */
  customer: string | null
  keys: QueryKeys
}

/** Covers one navigation: the hooks of a header and of the screen below it share one request. */
export const balancesFreshMs = 5_000
const plansFreshMs = 60_000

/**
 * Options of the balances query that hold for each of its observers, `trpc.billing.balances.useQuery()` included. While the stream delivers,
 * the query is static: neither a mount nor an invalidation fetches it.
 */
export function balancesDefaults(isDelivering: () => boolean) {
  return {
    structuralSharing: newestInCache,
    staleTime: (): StaleTime => (isDelivering() ? 'static' : balancesFreshMs),
  }
}

export function balancesOptions<Meter extends string>({ client, customer, keys }: BillingContext<Meter>) {
  return queryOptions<BalancesAnswer<Meter>>({
    queryKey: keys.balances,
    queryFn: async ({ signal }) => ofCustomer(customer, await client.balances.query(undefined, { signal })),
    enabled: customer !== null,
  })
}

/**
 * Returns the answer if it belongs to this customer. It doesn't if another tab has signed in as a different user, or if the app passes
 * BillingProvider a different id than its server uses.
 */
export function ofCustomer<Meter extends string>(
  customer: string | null,
  answer: BalancesAnswer<Meter>,
): BalancesAnswer<Meter> {
  if (answer.customer === customer) return answer
  throw new Error(
    `BillingProvider was given customer "${customer}", but the server answered for "${answer.customer}".`,
  )
}

/** Whether Flowglad answers, and how old the customer's data is. */
export interface BillingStatus {
  /** Whether balances and plan include everything that Flowglad knows. If not, they are Flowglad's last answer minus later usage. */
  current: boolean
  /** When Flowglad last answered, in epoch milliseconds of the server's clock. null if it never has. */
  asOf: number | null
}

/** The server may have just asked Flowglad, so an answer this recent counts as current. */
const currentMs = 15_000
const retryMs = 8_000

export function statusOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  queryClient: QueryClient,
) {
  return queryOptions<BillingStatus>({
    queryKey: keys.status,
    async queryFn({ signal }) {
      const { ageMs, ...answer } = await client.refresh.mutate({}, { signal })
      installBalances(queryClient, keys, answer)
      const current = ageMs !== null && ageMs < currentMs
      const wasOutdated = queryClient.getQueryData<BillingStatus>(keys.status)?.current === false
      if (current && wasOutdated) invalidateFlowglad(queryClient)
      return { current, asOf: answer.asOf }
    },
    enabled: customer !== null,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state }) => (state.data?.current === false ? retryMs : false),
  })
}

export function usageOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  days: number,
) {
  return queryOptions<UsageDay<Meter>[]>({
    queryKey: keys.usage({ days }),
    queryFn: ({ signal }) => client.usage.query({ days }, { signal }),
    enabled: customer !== null,
    placeholderData: keepPreviousData,
  })
}

export function chargesOptions<Meter extends string>(
  { client, customer, keys }: BillingContext<Meter>,
  limit: number,
) {
  return infiniteQueryOptions({
    queryKey: keys.charges({ limit }),
    queryFn: ({ pageParam, signal }): Promise<ChargesPage<Meter>> =>
      client.charges.query({ limit, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: customer !== null,
  })
}

export function plansOptions<Meter extends string>({ client, keys }: BillingContext<Meter>) {
  return queryOptions<PlanOffer<Meter>[]>({
    queryKey: keys.plans,
    queryFn: ({ signal }) => client.plans.query(undefined, { signal }),
    staleTime: plansFreshMs,
  })
}
