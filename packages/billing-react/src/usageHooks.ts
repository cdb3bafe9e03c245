import type { UsageRange } from '@metered/billing/client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ChargesPage } from './BillingClient.ts'
import { type BillingContext, usageOptions } from './queries.ts'

export function createUsageHooks<Meter extends string>(useBilling: () => BillingContext<Meter>) {
  return {
    /**
     * Returns the usage per UTC day and meter, oldest first. Pass `{ days }` for the last days including today
     * (default 30), or `{ from, to }` for calendar days such as `2026-11-22`, both included. Without `to`, the
     * range ends today. Days without usage are omitted. While other days load, `data` still has the previous
     * days, and `isPlaceholderData` is true. Fails with `BAD_REQUEST` if the days are invalid or more than 366.
     */
    useUsage: (range: UsageRange = {}) => useQuery(usageOptions(useBilling(), range)),

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
