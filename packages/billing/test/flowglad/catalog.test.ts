import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import type { Meters } from '../../src/contract/meters.ts'
import { createCatalogCache } from '../../src/flowglad/catalog.ts'

const price = (slug: string, unitPrice: number) => ({
  id: `price_${slug}`,
  slug,
  type: 'usage',
  active: true,
  isDefault: unitPrice > 0,
  unitPrice,
})
/** Returns the problems with the app's meters if the pricing model has only the meter `tokens`. */
async function problemsOf(prices: object[], meters: Meters) {
  const usageMeters = [{ id: 'meter_1', slug: 'tokens', name: 'Tokens', aggregationType: 'sum', prices }]
  const flowglad = { pricingModel: async () => ({ products: [], usageMeters }) }
  const catalog = await createCatalogCache({ flowglad, meters, clock: systemClock, maxAgeMs: 1 }).get()
  return [...catalog.problems]
}

test('reports an unlimited meter whose usage Flowglad would bill', async () => {
  const unlimited = { tokens: { unlimitedBy: 'unlimited_tokens' } }
  expect(await problemsOf([price('tokens_paid', 5)], unlimited)).toEqual([
    [
      'tokens',
      'The usage meter "tokens" has no price "tokens_no_charge", so Flowglad would bill unlimited usage. Flowglad creates this price with each meter: recreate the meter, or remove unlimitedBy.',
    ],
  ])
  expect(await problemsOf([price('tokens_paid', 5), price('tokens_no_charge', 0)], unlimited)).toEqual([])
  expect(await problemsOf([price('tokens_paid', 5)], { tokens: {} })).toEqual([])
})
