import type { UsageByValue, UsageDay, UsageQuery, UsageRange } from '@metered/billing/client'
import { type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ChargesPage } from './BillingClient.ts'
import { type BillingContext, usageOptions } from './queries.ts'

export function createUsageHooks<Meter extends string, Dimension extends string>(
  useBilling: () => BillingContext<Meter, Dimension>,
) {
  /**
   * Returns the usage per UTC day and meter, oldest first. Pass `{ days }` for the last days including today
   * (default 30), or `{ from, to }` for calendar days such as `2026-11-22`. The range includes both days. Without
   * `to`, it ends today. Days without usage are omitted. While other days load, `data` still has the previous days,
   * and `isPlaceholderData` is true. Fails with `BAD_REQUEST` if the days are invalid or more than 366.
   *
   * With `by`, returns the usage per UTC day, meter and value of this dimension. Omits meters without the dimension.
   * Returns up to 100 values per meter: the values with the most units. All other units have the value `other`. `by`
   * needs the hooks' second type parameter: `createBillingHooks<MeterOf<Client>, DimensionOf<Client>>()`.
   */
  function useUsage(query?: UsageRange & { by?: undefined }): UseQueryResult<UsageDay<Meter>[]>
  function useUsage(query: UsageRange & { by: Dimension }): UseQueryResult<UsageByValue<Meter>[]>
  function useUsage(query: UsageQuery<Dimension> = {}) {
    return useQuery(usageOptions(useBilling(), query))
  }

  return {
    useUsage,

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
