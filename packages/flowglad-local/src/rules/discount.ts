/** Returns what a discount takes off an amount, in cents. Never more than the amount. */
export const discountOn = (
  cents: number,
  { amount, amountType }: { amount: number; amountType: 'percent' | 'fixed' },
): number =>
  Math.min(cents, amountType === 'fixed' ? amount : Math.round((cents * Math.min(amount, 100)) / 100))
