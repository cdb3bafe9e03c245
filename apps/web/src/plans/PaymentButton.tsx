import { BusyButton } from '../parts/BusyButton.tsx'
import { LinkButton } from '../parts/LinkButton.tsx'
import { PlanProblem } from './PlanProblem.tsx'
import { type PaymentReason, usePaymentPage } from './usePaymentPage.ts'
import { WithFlowglad } from './WithFlowglad.tsx'

export interface PaymentButtonProps {
  label: 'Pay now' | 'Use another card'
  reason?: PaymentReason
  size?: string
}

/**
 * Opens the hosted page for cards and overdue payments from screens other than Billing. Until Flowglad responds, the
 * button opens the Billing screen instead.
 */
export function PaymentButton(props: PaymentButtonProps) {
  return (
    <WithFlowglad>
      <Button {...props} />
    </WithFlowglad>
  )
}

function Button({ label, reason, size }: PaymentButtonProps) {
  const { busy, error, open } = usePaymentPage(reason)
  const sized = size === undefined ? {} : { size }
  return (
    <>
      {error && <PlanProblem error={error} />}
      {open ? (
        <BusyButton {...sized} busy={busy} onClick={open}>
          {busy ? 'Opening…' : label}
        </BusyButton>
      ) : (
        <LinkButton to="/billing" {...sized}>
          {label}
        </LinkButton>
      )}
    </>
  )
}
