import { FlowgladProvider } from '@flowglad/react'
import { QueryClientProvider, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'

/**
 * Makes useBilling() use the app's cache, so that mutations refetch the billing data and signing out removes
 * the data. FlowgladProvider alone would use a separate QueryClient.
 */
export function WithFlowglad({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  return (
    <FlowgladProvider>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </FlowgladProvider>
  )
}
