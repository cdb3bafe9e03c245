import type { Offer } from '../src/plans/offers.ts'

export const anOffer = (offer: Partial<Offer> = {}): Offer => ({
  kind: 'plan',
  name: 'Free',
  description: null,
  priceSlug: 'free',
  unitPrice: 0,
  currency: 'USD',
  interval: { unit: 'month', count: 1 },
  isFree: true,
  grants: [{ meter: 'generations', name: 'Generations', amount: 10, renews: true }],
  features: [],
  unlimited: [],
  overage: [],
  ...offer,
})
export const free = anOffer()
export const pro = anOffer({ name: 'Pro', priceSlug: 'pro_monthly', unitPrice: 2_000, isFree: false })
export const pack = anOffer({
  kind: 'pack',
  name: 'Pack',
  priceSlug: 'pack',
  unitPrice: 500,
  interval: null,
  isFree: false,
  grants: [{ meter: 'generations', name: 'Generations', amount: 50, renews: false }],
})
