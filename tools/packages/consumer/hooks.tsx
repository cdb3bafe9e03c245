import { createBillingHooks, type MeterOf } from '@metered/billing-react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { client } from './client.js'

export const hooks = createBillingHooks<MeterOf<typeof client.billing>>()
export const { BillingProvider, useBalance, usePaywall } = hooks

const queryClient = new QueryClient()

export const App = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={queryClient}>
    <BillingProvider client={client.billing} customer="ada">
      {children}
    </BillingProvider>
  </QueryClientProvider>
)

export function Left() {
  const { data: balance } = useBalance('tokens')
  // @ts-expect-error: there is no such meter
  useBalance('token')
  return <p>{balance?.available}</p>
}
