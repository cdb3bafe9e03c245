import { useUsage } from '../api/billing.ts'
import { useLastError } from '../denials/useLastError.ts'

/** Loads the usage by kind in the last `length` UTC days. */
export function useUsageByKind(length: number) {
  // The chart's days depend on the browser's clock. It can be a little behind the server's, so load one more day.
  const query = useUsage({ by: 'kind', days: length + 1 })
  const { data, isPlaceholderData, isFetching, failureCount, refetch } = query
  const error = useLastError(query)
  const usage = isPlaceholderData ? undefined : data
  return {
    /** Undefined while the usage is loading, and if it couldn't be loaded. */
    usage,
    /** True until the first response. After a failure, the charts appear without the kinds. */
    isLoading: !usage && isFetching && failureCount === 0 && !error,
    error,
    retry: () => void refetch(),
  }
}
