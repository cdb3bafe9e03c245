import { defineMeters } from '../../src/index.ts'
import { grant, meter, plan } from '../../test/flowglad/pricing.ts'

export const meters = defineMeters({ calls: {} })

/** The units granted to each customer: more than any benchmark uses. */
export const granted = 1_000_000_000

export const planSlug = 'free'

/** A pricing model with one free plan. */
export const pricing = JSON.stringify({
  name: 'Benchmark',
  isDefault: true,
  usageMeters: [meter('calls')],
  features: [grant('free_calls', granted, 'calls')],
  products: [plan(planSlug, 0, ['free_calls'])],
})
