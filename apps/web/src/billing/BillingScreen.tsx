import { FlowgladProvider } from '@flowglad/react'
import { QueryClientProvider, useQueryClient } from '@tanstack/react-query'
import { SignedIn } from '../account/SignedIn.tsx'
import { OutdatedNotice } from '../denials/OutdatedNotice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { FlowgladBilling } from './FlowgladBilling.tsx'
import { Subscription } from './Subscription.tsx'

export function BillingScreen() {
  return (
    <SignedIn>
      {() => (
        <Screen title="Billing" lead="Your subscription, how it is paid, and every invoice.">
          <OutdatedNotice />
          <Subscription />
          <WithFlowglad>
            <FlowgladBilling />
          </WithFlowglad>
        </Screen>
      )}
    </SignedIn>
  )
}

/**
 * FlowgladProvider mounts a QueryClient of its own. The app's inside it again means one cache: what mutations invalidate and signing out
 * throws away includes what useBilling shows.
 */
function WithFlowglad({ children }: { children: React.ReactNode }) {
  const queryClient = useQueryClient()
  return (
    <FlowgladProvider>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </FlowgladProvider>
  )
}
