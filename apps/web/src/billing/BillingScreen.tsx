import { SignedIn } from '../account/SignedIn.tsx'
import { OutdatedNotice } from '../denials/OutdatedNotice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { WithFlowglad } from '../plans/WithFlowglad.tsx'
import { FlowgladBilling } from './FlowgladBilling.tsx'
import { Subscription } from './Subscription.tsx'

export function BillingScreen() {
  return (
    <SignedIn>
      {() => (
        <Screen title="Billing" lead="Your plan, invoices and payments.">
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
