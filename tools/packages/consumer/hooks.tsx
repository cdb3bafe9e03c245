import { createBillingHooks, type MeterOf, usePaidCall } from '@metered/billing-react'
import { QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { client, queryClient } from './client.js'

export const hooks = createBillingHooks<MeterOf<typeof client.billing>>()
export const { BillingProvider, useBalance, usePaywall } = hooks

export const App = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={queryClient}>
    <BillingProvider client={client.billing} customer="ada">
      {children}
    </BillingProvider>
  </QueryClientProvider>
)

export const usePing = () => usePaidCall((_: undefined, call) => client.ping.mutate(undefined, call))

export function Left() {
  const { data: balance, isError } = useBalance('tokens')
  // @ts-expect-error: there is no such meter
  useBalance('token')
  if (balance === undefined) return <p>{isError ? 'The balance is not available.' : 'Loading…'}</p>
  if (balance === null) return <p>Your plan has no tokens.</p>
  return <p>{balance.unlimited ? 'Unlimited' : `${balance.available} left`}</p>
}

export function Ping() {
  const ping = usePing()
  return (
    <button type="button" disabled={ping.isPending} onClick={() => ping.start(undefined)}>
      {ping.data ?? 'Ping'}
    </button>
  )
}
