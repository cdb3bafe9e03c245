import type { ButtonProps } from '@mantine/core'
import { forfeitsOf } from '@metered/billing/client'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useBalances, useCheckout, usePlans } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { whenOnline } from '../parts/loadCode.ts'
import type { Offer } from './offers.ts'
import { limitFor, saveOrder } from './order.ts'
import { PlanProblem } from './PlanProblem.tsx'
import { useBackFromCheckout } from './useBackFromCheckout.ts'
import { useEndOfPlan } from './useEndOfPlan.ts'

const ForfeitWarning = lazy(
  whenOnline(async () => ({ default: (await import('./ForfeitWarning.tsx')).ForfeitWarning })),
)

interface OrderButtonProps extends ButtonProps {
  offer: Offer
  children: ReactNode
}

/**
 * Opens the hosted checkout for a plan or pack. If an upgrade would forfeit paid credits, asks for
 * confirmation first.
 */
export function OrderButton({ offer, children, ...button }: OrderButtonProps) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const checkout = useCheckout()
  useBackFromCheckout(checkout.reset)
  const [warning, setWarning] = useState(false)
  const forfeited = forfeitsOf(offer, offers, answer)
  // Only a customer on a free plan gets the warning, and a free plan's credits don't depend on the statement.
  const { lost } = useEndOfPlan(undefined)

  function order() {
    if (checkout.isPending) return
    const { priceSlug } = offer
    checkout.mutate(
      { priceSlug },
      {
        onSuccess: ({ url }) => {
          saveOrder({ priceSlug, limitBefore: limitFor(offer, answer) })
          window.location.assign(url)
        },
      },
    )
  }
  // On success, the button stays busy until the browser opens the checkout.
  const busy = checkout.isPending || checkout.isSuccess

  return (
    <>
      <BusyButton {...button} busy={busy} onClick={() => (forfeited.length > 0 ? setWarning(true) : order())}>
        {busy ? 'Opening checkout…' : children}
      </BusyButton>
      {checkout.isError && !warning && <PlanProblem error={checkout.error} />}
      {warning && (
        <Suspense>
          <ForfeitWarning
            plan={offer.name}
            forfeited={forfeited}
            lost={lost ?? ''}
            busy={busy}
            error={checkout.error}
            onConfirm={order}
            onClose={() => setWarning(false)}
          />
        </Suspense>
      )}
    </>
  )
}
