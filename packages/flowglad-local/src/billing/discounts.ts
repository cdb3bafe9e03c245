import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { DiscountRedemption } from '../database/records/payments.ts'
import type { Discount } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

/** The discount that a code gives in a checkout: an active one of the pricing model that it sells from. */
const findDiscount = ({ db }: Platform, session: CheckoutSession, code: string): Discount | undefined =>
  db.discounts
    .by('model', session.pricingModelId)
    .find((discount) => discount.active && discount.code === code.trim().toUpperCase())

/** Whether there is any code that a checkout would take. */
export const takesDiscounts = ({ db }: Platform, session: CheckoutSession): boolean =>
  session.type === 'product' &&
  db.discounts.by('model', session.pricingModelId).some((discount) => discount.active)

/** Puts a discount on a session, or takes the one that is there away. Says whether the code was good. */
export function applyDiscount(
  platform: Platform,
  at: number,
  session: CheckoutSession,
  code: string,
): boolean {
  const discount = takesDiscounts(platform, session) ? findDiscount(platform, session, code) : undefined
  platform.db.checkoutSessions.patch(session.id, { discountId: discount?.id ?? null, updatedAt: at })
  return discount !== undefined
}

/** What a session's discount becomes once somebody bought with it: it stays what it was then, whatever is edited later. */
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

/** What a subscription's next invoice is less by. */
export const openRedemption = ({ db }: Platform, subscriptionId: string): DiscountRedemption | undefined =>
  db.discountRedemptions
    .by('subscription', subscriptionId)
    .find(({ paymentsLeft }) => paymentsLeft === null || paymentsLeft > 0)

/** A payment was made with it. */
export function countRedemption({ db }: Platform, at: number, redemption: DiscountRedemption): void {
  if (redemption.paymentsLeft !== null)
    db.discountRedemptions.patch(redemption.id, {
      paymentsLeft: redemption.paymentsLeft - 1,
      updatedAt: at,
    })
}
