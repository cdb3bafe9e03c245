import { useBilling } from '@flowglad/react'
import { useMutation } from '@tanstack/react-query'
import { usePlan } from '../api/billing.ts'
import { saveOrder } from './order.ts'
import { canPayNow } from './pastDueText.ts'
import { useBackFromCheckout } from './useBackFromCheckout.ts'

/** `planChange`: the customer changes the card to retry a plan change. */
export type PaymentReason = 'planChange' | undefined

/**
 * Opens the hosted page where the customer saves a card. While a payment is overdue, the page also charges the card.
 * `open` is undefined until Flowglad responds.
 */
export function usePaymentPage(reason?: PaymentReason) {
  const billing = useBilling()
  const { data: plan } = usePlan()
  const page = useMutation({
    mutationFn: async () => {
      if (!billing.loaded || billing.customer === null)
        throw new Error('The request to Flowglad has not finished yet.')
      const here = window.location.href
      const answer = await billing.createAddPaymentMethodCheckoutSession({
        successUrl: here,
        cancelUrl: here,
      })
      if ('error' in answer) throw new Error(answer.error.code)
      const card = reason === 'planChange' ? 'card_for_change' : 'payment_method'
      saveOrder({ priceSlug: canPayNow(plan) ? 'payment' : card, limitBefore: 0 })
      window.location.assign(answer.url)
    },
  })
  useBackFromCheckout(page.reset)
  return {
    // On success, the button stays busy until the browser opens the hosted page.
    busy: page.isPending || page.isSuccess,
    error: page.error,
    open: billing.loaded && billing.customer !== null ? () => page.mutate() : undefined,
  }
}
