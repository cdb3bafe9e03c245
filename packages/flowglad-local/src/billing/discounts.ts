import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { DiscountRedemption } from '../database/records/payments.ts'
import type { Discount } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/** Returns the active discount with this code in the session's pricing model. */
const findDiscount = ({ db }: Platform, session: CheckoutSession, code: string): Discount | undefined =>
  db.discounts
    .by('model', session.pricingModelId)
    .find((discount) => discount.active && discount.code === code.trim().toUpperCase())

/** Returns whether a checkout accepts discount codes. */
export const acceptsDiscounts = ({ db }: Platform, session: CheckoutSession): boolean =>
  session.type === 'product' &&
  db.discounts.by('model', session.pricingModelId).some((discount) => discount.active)

/** Applies a discount code to a session. If the code is invalid, removes any discount and returns false. */
export function applyDiscount(
  platform: Platform,
  at: number,
  session: CheckoutSession,
  code: string,
): boolean {
  const discount = acceptsDiscounts(platform, session) ? findDiscount(platform, session, code) : undefined
  platform.db.checkoutSessions.patch(session.id, { discountId: discount?.id ?? null, updatedAt: at })
  return discount !== undefined
}

/**
 * Records the use of a session's discount for an order. Copies the discount's terms, so later edits don't
 * affect the order.
 */
export function redeem(
  { db }: Platform,
  at: number,
  session: CheckoutSession,
  target: Pick<DiscountRedemption, 'subscriptionId' | 'purchaseId'>,
): DiscountRedemption | undefined {
  if (session.discountId === null) return undefined
  const { amount, amountType, duration, numberOfPayments } = db.discounts.get(session.discountId)
  return db.discountRedemptions.put({
    ...newRecord('discount_redemption', at),
    discountId: session.discountId,
    ...target,
    amount,
    amountType,
    paymentsLeft: duration === 'forever' ? null : (numberOfPayments ?? 1),
  })
}

/** Returns the discount that reduces a subscription's next invoice. */
export const openRedemption = ({ db }: Platform, subscriptionId: string): DiscountRedemption | undefined =>
  db.discountRedemptions
    .by('subscription', subscriptionId)
    .find(({ paymentsLeft }) => paymentsLeft === null || paymentsLeft > 0)

/** Counts a payment toward the discount's limit. */
export function countRedemption({ db }: Platform, at: number, redemption: DiscountRedemption): void {
  if (redemption.paymentsLeft !== null)
    db.discountRedemptions.patch(redemption.id, {
      paymentsLeft: redemption.paymentsLeft - 1,
      updatedAt: at,
    })
}
