import { BusyButton } from '../parts/BusyButton.tsx'
import { LinkButton } from '../parts/LinkButton.tsx'
import { PlanProblem } from './PlanProblem.tsx'
import { usePaymentPage } from './usePaymentPage.ts'
import { WithFlowglad } from './WithFlowglad.tsx'

/**
 * Shows “Pay now” on screens other than Billing. Until Flowglad responds, the button opens the Billing screen, which
 * shows the overdue amount.
 */
export function PayNow() {
  return (
    <WithFlowglad>
      <Button />
    </WithFlowglad>
  )
}

function Button() {
  const { busy, error, open } = usePaymentPage()
  return (
    <>
      {error && <PlanProblem error={error} />}
      {open ? (
        <BusyButton size="sm" busy={busy} onClick={open}>
          {busy ? 'Opening…' : 'Pay now'}
        </BusyButton>
      ) : (
        <LinkButton to="/billing" size="sm">
          Pay now
        </LinkButton>
      )}
    </>
  )
}
