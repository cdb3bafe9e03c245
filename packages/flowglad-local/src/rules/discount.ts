/** What a discount takes off an amount, in cents: never more than the amount, never more than all of it. */
export const discountOn = (
  cents: number,
  { amount, amountType }: { amount: number; amountType: 'percent' | 'fixed' },
): number =>
  Math.min(cents, amountType === 'fixed' ? amount : Math.round((cents * Math.min(amount, 100)) / 100))
