import { defineMeters } from '../../src/index.ts'

export const meters = defineMeters({
  generations: { unlimitedBy: 'unlimited_generations', dimensions: { member: 1_000 } },
  tokens: { dimensions: { member: 1_000, model: 3 } },
  api_calls: {
    priceSlug: 'api_calls_standard',
    overage: { withFeature: 'api_overage' },
    recordableByClient: true,
    dimensions: { country: 200 },
  },
})

export interface User {
  id: string
  name: string
  email: string
}
export const aUser = (id = 'ada'): User => ({ id, name: id, email: `${id}@example.com` })
