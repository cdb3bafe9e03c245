/**
 * Returns the slug of the price at which Flowglad records a meter's usage without billing it. Flowglad creates
 * this price with each meter.
 */
export const noChargePriceSlug = (meter: string) => `${meter}_no_charge`
