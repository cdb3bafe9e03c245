import { lazy, Suspense } from 'react'
import { LinkButton } from '../parts/LinkButton.tsx'
import { whenOnline } from '../parts/loadCode.ts'
import type { PaymentButtonProps } from './PaymentButton.tsx'

// Few customers pay late or with a declined card, so other customers don't load the code of Flowglad's hooks.
const PaymentButton = lazy(
  whenOnline(async () => ({ default: (await import('./PaymentButton.tsx')).PaymentButton })),
)

/** Shows a button that opens the hosted payment page. Until its code has loaded, the button opens the Billing screen. */
export const LazyPaymentButton = (props: PaymentButtonProps) => (
  <Suspense
    fallback={
      <LinkButton to="/billing" {...(props.size === undefined ? {} : { size: props.size })}>
        {props.label}
      </LinkButton>
    }
  >
    <PaymentButton {...props} />
  </Suspense>
)
