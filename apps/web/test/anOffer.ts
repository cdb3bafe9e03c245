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
export const scale = anOffer({
  name: 'Scale',
  priceSlug: 'scale_monthly',
  unitPrice: 9_900,
  isFree: false,
  grants: [],
  unlimited: ['generations'],
})
export const pack = anOffer({
  kind: 'pack',
  name: 'Pack',
  priceSlug: 'pack',
  unitPrice: 500,
  interval: null,
  isFree: false,
  grants: [{ meter: 'generations', name: 'Generations', amount: 50, renews: false }],
})

/** Returns the balances of a customer on the Free plan. */
export const onFree = (row: { available: number; limit: number; adjusted?: number }) => ({
  customer: 'ada',
  version: 1,
  asOf: 0,
  lastAlertAt: 0,
  plan: {
    name: 'Free',
    priceSlug: 'free',
    isFree: true,
    status: 'active',
    renewsAt: null,
    cancelsAt: null,
    changesAt: null,
    features: [],
  },
  balances: [
    {
      meter: 'generations' as const,
      name: 'Generations',
      held: 0,
      adjusted: 0,
      used: row.limit - row.available,
      unlimited: false,
      share: 1 - row.available / row.limit,
      status: 'ok' as const,
      renewsAt: null,
      asOf: 0,
      parked: 0,
      version: 1,
      ...row,
    },
  ],
})
