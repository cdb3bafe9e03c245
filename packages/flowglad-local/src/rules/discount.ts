/** Returns the discount on an amount, in cents. The discount never exceeds the amount. */
export const discountOn = (
  cents: number,
  { amount, amountType }: { amount: number; amountType: 'percent' | 'fixed' },
): number =>
  Math.min(cents, amountType === 'fixed' ? amount : Math.round((cents * Math.min(amount, 100)) / 100))
