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
        <Screen title="Billing" lead="Your plan, your next invoice, and everything you've paid.">
          <OutdatedNotice />
          <WithFlowglad>
            <Subscription />
            <FlowgladBilling />
          </WithFlowglad>
        </Screen>
      )}
    </SignedIn>
  )
}

/**
 * Makes useBilling() use the app's cache, so that mutations refetch the billing data and signing out removes
 * the data. On its own, FlowgladProvider would use a separate QueryClient.
 */
function WithFlowglad({ children }: { children: React.ReactNode }) {
  const queryClient = useQueryClient()
  return (
    <FlowgladProvider>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </FlowgladProvider>
  )
}
