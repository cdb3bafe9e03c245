import type { BudgetInput } from '@metered/billing/client'
import { useMutation } from '@tanstack/react-query'
import { TRPCClientError } from '@trpc/client'
import { useBudgets, useSetBudget } from '../api/billing.ts'
import type { Meter } from '../format/meters.ts'

/**
 * Sets a meter's limit for each month in the browser's time zone. If the server doesn't know the time zone, the month
 * is in UTC. Succeeds when the new limit is on the screen.
 */
export function useSetLimit() {
  const { mutateAsync: setBudget } = useSetBudget()
  const { refetch } = useBudgets()
  return useMutation({
    async mutationFn(limit: Pick<BudgetInput<Meter>, 'meter' | 'limit' | 'mode' | 'thresholds'>) {
      const budget = { ...limit, window: 'month' } as const
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
      try {
        await setBudget({ ...budget, timeZone })
      } catch (error) {
        if (!(error instanceof TRPCClientError && error.data?.code === 'BAD_REQUEST')) throw error
        await setBudget({ ...budget, timeZone: 'UTC' })
      }
      await refetch()
    },
  })
}
