import { defineMeters } from '@metered/billing'

/** How calls use each meter of pricing.yaml. The values of the dimension `kind` are in studio/kinds.ts. */
export const meters = defineMeters({
  /** Pictures. */
  generations: { unlimitedBy: 'unlimited_generations', dimensions: { kind: 2 } },
  /** Tokens of text, as counted by the model provider or else by the server. See studio/tokens.ts. */
  tokens: { onExpiry: 'release', dimensions: { kind: 4 } },
  /** Look-ups. */
  api_calls: {
    priceSlug: 'api_calls_standard',
    overage: { withFeature: 'api_overage' },
    unlimitedBy: 'unlimited_api_calls',
    recordableByClient: true,
    dimensions: { kind: 2 },
  },
})
