import type { BalancesAnswer, PlanOffer, UsageDay } from '@metered/billing/client'
import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/react-query'
import type { BillingClient, ChargesPage } from './BillingClient.ts'
import { installBalances, newestInCache } from './installBalances.ts'
import { invalidateFlowglad, keys } from './keys.ts'

/** What every hook reads from its provider. */
export interface BillingContext<Meter extends string> {
  client: BillingClient<Meter>
  /** null: nobody is signed in, and nothing but the plans is asked for. */
  customer: string | null
  /** The stream is delivering balances: asking for them as well would be a wasted request. */
  streaming: boolean
}

/** Covers one navigation: the hooks of a header and of the screen below it share one request. */
const balancesFreshMs = 5_000

export function balancesOptions<Meter extends string>({
  client,
  customer,
  streaming,
}: BillingContext<Meter>) {
  return queryOptions<BalancesAnswer<Meter>>({
    queryKey: keys.balances(customer),
    async queryFn({ signal }) {
      const answer = await client.balances.query(undefined, { signal })
      // Somebody else signed in meanwhile, in another tab say; or the app names its customers otherwise here than on its server.
      if (answer.customer !== customer)
        throw new Error(
          `BillingProvider was given customer "${customer}", but the server answered for "${answer.customer}".`,
        )
      return answer
    },
    enabled: customer !== null && !streaming,
    staleTime: balancesFreshMs,
    structuralSharing: newestInCache,
  })
}

/** Whether Flowglad's books could be read, and how old what is known of them is. */
export interface Books {
  /** Flowglad answered just now. Otherwise balances and plan are what it said at `asOf`, with what was spent since. */
  current: boolean
  /** Epoch milliseconds by the server's clock; null when nothing is known at all. */
  asOf: number | null
}

/** Younger by the server's own clock than this, what is known is no sign of a failed look: the server may have looked just before. */
const justNowMs = 15_000
const lookAgainMs = 8_000

export function booksOptions<Meter extends string>(
  { client, customer }: BillingContext<Meter>,
  queryClient: QueryClient,
) {
  return queryOptions<Books>({
    queryKey: keys.books(customer),
    async queryFn({ signal }) {
      const { ageMs, ...answer } = await client.refresh.mutate({}, { signal })
      installBalances(queryClient, answer)
      const current = ageMs !== null && ageMs < justNowMs
      const wereOld = queryClient.getQueryData<Books>(keys.books(customer))?.current === false
      if (current && wereOld) invalidateFlowglad(queryClient)
      return { current, asOf: answer.asOf }
    },
    enabled: customer !== null,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: ({ state }) => (state.data?.current === false ? lookAgainMs : false),
  })
}

export function usageOptions<Meter extends string>(
  { client, customer }: BillingContext<Meter>,
  days: number,
) {
  return queryOptions<UsageDay<Meter>[]>({
    queryKey: [...keys.usage(customer), days],
    queryFn: ({ signal }) => client.usage.query({ days }, { signal }),
    enabled: customer !== null,
    // Another number of days keeps the old chart until the new one is there; another customer never does.
    placeholderData: (previous, query) => (query?.queryKey[1] === customer ? previous : undefined),
  })
}

export function chargesOptions<Meter extends string>(
  { client, customer }: BillingContext<Meter>,
  limit: number,
) {
  return infiniteQueryOptions({
    queryKey: [...keys.charges(customer), limit],
    queryFn: ({ pageParam, signal }): Promise<ChargesPage<Meter>> =>
      client.charges.query({ limit, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: customer !== null,
  })
}

export function plansOptions<Meter extends string>({ client }: BillingContext<Meter>) {
  return queryOptions<PlanOffer<Meter>[]>({
    queryKey: keys.plans,
    queryFn: ({ signal }) => client.plans.query(undefined, { signal }),
    staleTime: 60_000,
  })
}
