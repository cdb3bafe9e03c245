import type { useBilling } from '@flowglad/react'
import type { PaymentMethodSummary } from '@metered/billing/client'
import { useBillingStatus, usePlan } from '../api/billing.ts'
import { methodText } from '../format/payments.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from '../plans/PlanProblem.tsx'
import { canPayNow } from '../plans/pastDueText.ts'
import { usePaymentPage } from '../plans/usePaymentPage.ts'
import classes from './BillingScreen.module.css'

type Billing = Extract<ReturnType<typeof useBilling>, { customer: object }>

interface PaymentMethodProps {
  billing: Billing
  /** The method that the statement names for the next invoice. Null if it names none, undefined without a statement. */
  invoiced: PaymentMethodSummary | null | undefined
  /** Whether the customer has paid for a pack with a card that Flowglad doesn't report. */
  hasUsedUnsavedCard: boolean
}

/** Shows the card on file, and opens a hosted page to change it. */
export function PaymentMethod({ billing, invoiced, hasUsedUnsavedCard }: PaymentMethodProps) {
  const { data: plan } = usePlan()
  const { data: status } = useBillingStatus()
  const { busy, error, open } = usePaymentPage()
  const canAdd = !canPayNow(plan) && status?.current !== false
  const saved = (billing.paymentMethods ?? []).map(({ default: isDefault, type, paymentMethodData }) => ({
    isDefault,
    ...readMethod(type, paymentMethodData),
  }))
  // `billing` and the statement can contain different cards. Prefer the statement's card, because a paid plan charges only
  // the card of its next invoice. A free plan has no such card, so show the saved card.
  const lacking = invoiced === null && plan && !plan.isFree ? plan.name : null
  const onFile = lacking === null ? (saved.find(({ isDefault }) => isDefault) ?? saved[0]) : undefined
  const method = invoiced ?? onFile
  const expires = saved.find((it) => method && isSame(it, method))?.expires
  return (
    <section className={classes.card} aria-labelledby="payment-method">
      <h2 id="payment-method">Payment method</h2>
      <p className={method ? undefined : classes.dim}>
        {method
          ? `${methodText(method)}${expires ? `, expires ${expires}` : ''}`
          : lacking !== null
            ? `No card is set up for ${lacking}.`
            : `You have no card on file.${canAdd ? ' You can add one now or at checkout.' : ''}`}
      </p>
      {!method && hasUsedUnsavedCard && (
        <p className={classes.dim}>A card that you use to buy a pack isn't saved as your payment method.</p>
      )}
      {error && <PlanProblem error={error} />}
      {/* While a payment is overdue, “Pay now” opens the page that saves a card, so show no second button. */}
      {canPayNow(plan) ? (
        <p className={classes.dim}>To use {method ? 'another' : 'a'} card, choose “Pay now” above.</p>
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

const isSame = (a: PaymentMethodSummary, b: PaymentMethodSummary) =>
  a.type === b.type && a.brand === b.brand && a.last4 === b.last4

/** Reads the fields of a payment method. Flowglad's SDK doesn't type them. */
function readMethod(type: string, data: unknown): PaymentMethodSummary & { expires: string | null } {
  const read = (field: string): string | null => {
    const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, field) : undefined
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null
  }
  const [month, year] = [read('exp_month'), read('exp_year')]
  return { type, brand: read('brand'), last4: read('last4'), expires: month && year && `${month}/${year}` }
}
