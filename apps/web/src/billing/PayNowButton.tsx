import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from '../plans/PlanProblem.tsx'
import { usePaymentPage } from '../plans/usePaymentPage.ts'

/** Opens the hosted page where the customer pays the overdue amount, with the saved card or another one. */
export function PayNowButton() {
  const { busy, error, open } = usePaymentPage()
  return (
    <>
      {error && <PlanProblem error={error} />}
      {open && (
        <BusyButton busy={busy} onClick={open}>
          {busy ? 'Opening…' : 'Pay now'}
        </BusyButton>
      )}
    </>
  )
}
