import type { useBilling } from '@flowglad/react'
import { useMutation } from '@tanstack/react-query'
import { usePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { saveOrder } from '../plans/order.ts'
import { PlanProblem } from '../plans/PlanProblem.tsx'
import { useBackFromCheckout } from '../plans/useBackFromCheckout.ts'
import classes from './BillingScreen.module.css'

type Billing = Extract<ReturnType<typeof useBilling>, { customer: object }>

/** Shows the card on file, and opens a hosted page to change it. */
export function PaymentMethod({ billing }: { billing: Billing }) {
  const { data: plan } = usePlan()
  // While a payment is overdue, the hosted page also charges the new card.
  const pays = plan?.status === 'past_due' || plan?.status === 'unpaid'
  const methods = billing.paymentMethods ?? []
  const method = methods.find((it) => it.default) ?? methods[0]
  const change = useMutation({
    mutationFn: async () => {
      const here = window.location.href
      const answer = await billing.createAddPaymentMethodCheckoutSession({
        successUrl: here,
        cancelUrl: here,
      })
      if ('error' in answer) throw new Error(answer.error.code)
      saveOrder({ priceSlug: pays ? 'payment' : 'payment_method', limitBefore: 0 })
      window.location.assign(answer.url)
    },
  })
  useBackFromCheckout(change.reset)
  // On success, the button stays busy until the browser opens the hosted page.
  const busy = change.isPending || change.isSuccess
  return (
    <section className={classes.card} aria-labelledby="payment-method">
      <h2 id="payment-method">Payment method</h2>
      <p className={method ? undefined : classes.dim}>
        {method
          ? describe(method.type, method.paymentMethodData)
          : 'You have no card on file. You can add one now or at your first checkout.'}
      </p>
      {change.isError && <PlanProblem error={change.error} />}
      <div className={classes.actions}>
        <BusyButton variant={pays ? 'filled' : 'default'} busy={busy} onClick={() => change.mutate()}>
          {busy ? 'Opening…' : pays ? 'Pay now' : method ? 'Use another card' : 'Add a card'}
        </BusyButton>
      </div>
    </section>
  )
}

function describe(type: string, data: unknown): string {
  const read = (field: string): string => {
    const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, field) : undefined
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const brand = read('brand') || type
  const name = brand.charAt(0).toUpperCase() + brand.slice(1)
  const expires =
    read('exp_month') && read('exp_year') ? `, expires ${read('exp_month')}/${read('exp_year')}` : ''
  return read('last4') ? `${name} ending in ${read('last4')}${expires}` : name
}
