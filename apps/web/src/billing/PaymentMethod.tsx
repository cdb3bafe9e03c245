import type { useBilling } from '@flowglad/react'
import { useBillingStatus, usePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from '../plans/PlanProblem.tsx'
import { canPayNow } from '../plans/pastDueText.ts'
import classes from './BillingScreen.module.css'
import { usePaymentPage } from './usePaymentPage.ts'

type Billing = Extract<ReturnType<typeof useBilling>, { customer: object }>

/** Shows the card on file, and opens a hosted page to change it. */
export function PaymentMethod({ billing }: { billing: Billing }) {
  const { data: plan } = usePlan()
  const { data: status } = useBillingStatus()
  const { busy, error, open } = usePaymentPage()
  const canAdd = !canPayNow(plan) && status?.current !== false
  const methods = billing.paymentMethods ?? []
  const method = methods.find((it) => it.default) ?? methods[0]
  return (
    <section className={classes.card} aria-labelledby="payment-method">
      <h2 id="payment-method">Payment method</h2>
      <p className={method ? undefined : classes.dim}>
        {method
          ? describe(method.type, method.paymentMethodData)
          : `You have no card on file.${canAdd ? ' You can add one now or at your first checkout.' : ''}`}
      </p>
      {error && <PlanProblem error={error} />}
      {/* While a payment is overdue, “Pay now” opens the page that saves a card, so show no second button. */}
      {canPayNow(plan) ? (
        <p className={classes.dim}>To use another card, choose “Pay now” above.</p>
      ) : (
        canAdd && (
          <div className={classes.actions}>
            <BusyButton variant="default" busy={busy} onClick={() => open?.()}>
              {busy ? 'Opening…' : method ? 'Use another card' : 'Add a card'}
            </BusyButton>
          </div>
        )
      )}
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
