import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { type BillingContext, chargesOptions, usageOptions } from './queries.ts'

export function createUsageHooks<Meter extends string>(useBilling: () => BillingContext<Meter>) {
  return {
    /** Returns the units used by UTC day and meter, oldest first, over the last `days` days (default 30). */
    useUsage: ({ days = 30 }: { days?: number } = {}) => useQuery(usageOptions(useBilling(), days)),

    /** Returns every charge, newest first, `pageSize` (default 25) at a time: `fetchNextPage()` while `hasNextPage`. */
    useCharges: ({ pageSize = 25 }: { pageSize?: number } = {}) =>
      useInfiniteQuery(chargesOptions(useBilling(), pageSize)),
  }
}
