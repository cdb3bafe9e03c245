import { lazy, Suspense } from 'react'
import { LinkButton } from '../parts/LinkButton.tsx'
import { whenOnline } from '../parts/loadCode.ts'

// Few customers pay late, so other customers don't load the code of Flowglad's hooks.
const PayNow = lazy(whenOnline(async () => ({ default: (await import('./PayNow.tsx')).PayNow })))

/** Shows “Pay now”. Until its code has loaded, the button opens the Billing screen. */
export const LazyPayNow = () => (
  <Suspense
    fallback={
      <LinkButton to="/billing" size="sm">
        Pay now
      </LinkButton>
    }
  >
    <PayNow />
  </Suspense>
)
