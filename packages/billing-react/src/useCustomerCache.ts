import { useQueryClient } from '@tanstack/react-query'
import { useLayoutEffect, useState } from 'react'
import { belongsTo, handOver } from './customerCache.ts'
import type { QueryKeys } from './queryKeys.ts'

/**
 * Returns whether the cache is ready to be read for this customer. After the customer changes, returns false for one commit, so that no
 * hook renders the previous customer's data. The browser doesn't paint that commit.
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
