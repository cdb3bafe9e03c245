import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ChargesPage } from './BillingClient.ts'
import { type BillingContext, usageOptions } from './queries.ts'

export function createUsageHooks<Meter extends string>(useBilling: () => BillingContext<Meter>) {
  return {
    /** Returns the usage per UTC day and meter for the last `days` days (default 30), oldest first. */
    useUsage: ({ days = 30 }: { days?: number } = {}) => useQuery(usageOptions(useBilling(), days)),

    /**
     * Returns the customer's charges, newest first, in pages of `pageSize` (default 25). Call
     * `fetchNextPage()` while `hasNextPage` is true.
     */
    useCharges({ pageSize: limit = 25 }: { pageSize?: number } = {}) {
      const { client, customer, keys } = useBilling()
      return useInfiniteQuery({
        queryKey: keys.charges({ limit }),
        queryFn: ({ pageParam, signal }): Promise<ChargesPage<Meter>> =>
          client.charges.query({ limit, ...(pageParam && { cursor: pageParam }) }, { signal }),
        initialPageParam: null as string | null,
        getNextPageParam: (page) => page.nextCursor,
        enabled: customer !== null,
      })
    },
  }
}
