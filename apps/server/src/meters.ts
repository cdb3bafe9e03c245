import { defineMeters } from '@metered/billing'

/** How calls use each meter of pricing.yaml. */
export const meters = defineMeters({
  /** Pictures. */
  generations: { unlimitedBy: 'unlimited_generations' },
  /** Tokens of text, as counted by the model provider or else by the server. See studio/tokens.ts. */
  tokens: { onExpiry: 'release' },
  /** Look-ups. */
  api_calls: {
    priceSlug: 'api_calls_standard',
    overage: { withFeature: 'api_overage' },
    unlimitedBy: 'unlimited_api_calls',
    recordableByClient: true,
  },
})
