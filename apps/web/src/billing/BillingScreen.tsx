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
        <Screen title="Billing" lead="Your subscription, payment method and invoices.">
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
 * Makes useBilling() use the app's cache, so that mutations refetch its data and a sign-out removes it.
 * FlowgladProvider alone would use its own QueryClient.
 */
function WithFlowglad({ children }: { children: React.ReactNode }) {
  const queryClient = useQueryClient()
  return (
    <FlowgladProvider>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </FlowgladProvider>
  )
}
