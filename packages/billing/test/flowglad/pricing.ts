export const grant = (
  slug: string,
  amount: number,
  usageMeterSlug: string,
  renewalFrequency = 'every_billing_period',
) => ({
  type: 'usage_credit_grant',
  slug,
  name: slug,
  amount,
  renewalFrequency,
  usageMeterSlug,
})
const toggle = (slug: string) => ({ type: 'toggle', slug, name: slug })
/** Builds a plan with a monthly price. */
export const plan = (slug: string, unitPrice: number, features: string[]) => ({
  product: { name: slug[0]?.toUpperCase() + slug.slice(1), slug, default: unitPrice === 0, active: true },
  price: {
    type: 'subscription',
    slug: unitPrice === 0 ? slug : `${slug}_monthly`,
    unitPrice,
    intervalUnit: 'month',
    intervalCount: 1,
    isDefault: true,
    active: true,
  },
  features,
})
/** Builds a one-time product. */
export const pack = (slug: string, features: string[]) => ({
  product: {
    name: (slug[0]?.toUpperCase() + slug.slice(1)).replaceAll('_', ' '),
    slug,
    default: false,
    active: true,
  },
  price: { type: 'single_payment', slug, unitPrice: 500, isDefault: true, active: true },
  features,
})
export const meter = (slug: string, prices: object[] = []) => ({
  usageMeter: { name: slug, slug, aggregationType: 'sum' },
  prices,
})

/**
 * Builds a pricing model with three meters, the plans Free, Pro and Scale, a credit pack, and the given
 * products.
 */
export const pricingWith = (...more: object[]) =>
  JSON.stringify({
    name: 'Studio',
    isDefault: true,
    usageMeters: [
      meter('generations'),
      meter('tokens'),
      meter('api_calls', [
        {
          type: 'usage',
          slug: 'api_calls_standard',
          name: 'API calls',
          unitPrice: 100,
          usageEventsPerUnit: 1000,
          isDefault: true,
          active: true,
          intervalUnit: 'month',
          intervalCount: 1,
        },
      ]),
    ],
    features: [
      grant('free_generations', 10, 'generations'),
      grant('free_tokens', 2_000, 'tokens'),
      grant('free_api_calls', 100, 'api_calls'),
      grant('pro_generations', 500, 'generations'),
      grant('pro_tokens', 200_000, 'tokens'),
      grant('pro_api_calls', 10_000, 'api_calls'),
      grant('pack_generations', 50, 'generations', 'once'),
      toggle('hd'),
      toggle('api_overage'),
      toggle('unlimited_generations'),
    ],
    products: [
      plan('free', 0, ['free_generations', 'free_tokens', 'free_api_calls']),
      plan('pro', 2_000, ['pro_generations', 'pro_tokens', 'pro_api_calls', 'hd', 'api_overage']),
      plan('scale', 9_900, ['pro_tokens', 'pro_api_calls', 'hd', 'unlimited_generations']),
      pack('generation_pack', ['pack_generations']),
      ...more,
    ],
  })

export const pricing = pricingWith()
