import type { CheckoutSession, Discount, DiscountRedemption } from '../database/records.ts'
import { newRecord, type Platform } from '../platform.ts'

/** The discount that a code gives in a checkout: an active one of the pricing model that it sells from. */
const findDiscount = ({ books }: Platform, session: CheckoutSession, code: string): Discount | undefined =>
  books.discounts
    .by('model', session.pricingModelId)
    .find((discount) => discount.active && discount.code === code.trim().toUpperCase())

/** Whether there is any code that a checkout would take. */
export const takesDiscounts = ({ books }: Platform, session: CheckoutSession): boolean =>
  session.type === 'product' &&
  books.discounts.by('model', session.pricingModelId).some((discount) => discount.active)

/** Puts a discount on a session, or takes the one that is there away. Says whether the code was good. */
export function applyDiscount(
  platform: Platform,
  at: number,
  session: CheckoutSession,
  code: string,
): boolean {
  const discount = takesDiscounts(platform, session) ? findDiscount(platform, session, code) : undefined
  platform.books.checkoutSessions.patch(session.id, { discountId: discount?.id ?? null, updatedAt: at })
  return discount !== undefined
}

/** What a session's discount becomes once somebody bought with it: it stays what it was then, whatever is edited later. */
export function redeem(
  { books }: Platform,
  at: number,
  session: CheckoutSession,
  target: Pick<DiscountRedemption, 'subscriptionId' | 'purchaseId'>,
): DiscountRedemption | undefined {
  if (session.discountId === null) return undefined
  const { amount, amountType, duration, numberOfPayments } = books.discounts.get(session.discountId)
  return books.discountRedemptions.put({
    ...newRecord('discount_redemption', at),
    discountId: session.discountId,
    ...target,
    amount,
    amountType,
    paymentsLeft: duration === 'forever' ? null : (numberOfPayments ?? 1),
  })
}

/** What a subscription's next invoice is less by. */
export const openRedemption = ({ books }: Platform, subscriptionId: string): DiscountRedemption | undefined =>
  books.discountRedemptions
    .by('subscription', subscriptionId)
    .find(({ paymentsLeft }) => paymentsLeft === null || paymentsLeft > 0)

/** A payment was made with it. */
export function countRedemption({ books }: Platform, at: number, redemption: DiscountRedemption): void {
  if (redemption.paymentsLeft !== null)
    books.discountRedemptions.patch(redemption.id, {
      paymentsLeft: redemption.paymentsLeft - 1,
      updatedAt: at,
    })
}
