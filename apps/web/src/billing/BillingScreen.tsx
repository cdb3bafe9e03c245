import { SignedIn } from '../account/SignedIn.tsx'
import { OutdatedNotice } from '../denials/OutdatedNotice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { WithFlowglad } from '../plans/WithFlowglad.tsx'
import { FlowgladBilling } from './FlowgladBilling.tsx'
import { SpendLimits } from './SpendLimits.tsx'
import { Subscription } from './Subscription.tsx'

export function BillingScreen() {
  return (
    <SignedIn>
      {() => (
        <Screen title="Billing" lead="Your plan, payments and spend limits.">
          <OutdatedNotice />
          <WithFlowglad>
            <Subscription />
            <FlowgladBilling />
          </WithFlowglad>
          <SpendLimits />
        </Screen>
      )}
    </SignedIn>
  )
}
