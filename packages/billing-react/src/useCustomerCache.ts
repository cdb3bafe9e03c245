import { useQueryClient } from '@tanstack/react-query'
import { useLayoutEffect, useState } from 'react'
import { belongsTo, handOver } from './customerCache.ts'
import type { QueryKeys } from './queryKeys.ts'

/**
 * Returns whether the hooks may read the cache for this customer. Returns false for one commit after the
 * customer changes, so that no hook renders the previous customer's data. The browser doesn't paint that
 * commit.
 */
export function useCustomerCache(customer: string | null, keys: QueryKeys): boolean {
  const queryClient = useQueryClient()
  const [, setOwner] = useState<string | null>()

  useLayoutEffect(() => {
    handOver(customer, queryClient, keys)
    setOwner(customer)
  }, [customer, queryClient, keys])

  return belongsTo(customer, queryClient, keys)
}
