import type { PricingSetupInput } from '../src/index.ts'

/**
 * A pricing model that differs from the app's, with monthly and weekly plans, seats, a trial, an overage
 * price per 7 units, two credit features on one meter, and a top-up. The top-up's credits have the frequency
 * `every_billing_period`, but each purchase grants them only once.
 */
export const studioPricing = {
  name: 'Film studio',
  isDefault: true,
  usageMeters: [
    {
      usageMeter: { name: 'Render minutes', slug: 'render', aggregationType: 'sum' },
      prices: [
        {
          type: 'usage',
          name: 'Extra rendering',
          slug: 'render_extra',
          unitPrice: 30,
          usageEventsPerUnit: 7,
          isDefault: true,
          active: true,
          intervalUnit: 'month',
          intervalCount: 1,
        },
      ],
    },
    { usageMeter: { name: 'Exports', slug: 'exports' } },
    { usageMeter: { name: 'Viewers', slug: 'viewers', aggregationType: 'count_distinct_properties' } },
  ],
  resources: [{ slug: 'seats', name: 'Seats', active: true }],
  features: [
    grant('hobby_render', 60, 'every_billing_period', 'render'),
    grant('welcome_render', 25, 'once', 'render'),
    grant('team_render', 600, 'every_billing_period', 'render'),
    grant('team_exports', 40, 'every_billing_period', 'exports'),
    grant('agency_render', 2400, 'every_billing_period', 'render'),
    grant('pack_render', 100, 'every_billing_period', 'render'),
    { type: 'toggle', slug: 'watermark_free', name: 'No watermark', description: '', active: true },
    {
      type: 'resource',
      slug: 'team_seats',
      name: 'Seats',
      description: '',
      active: true,
      amount: 2,
      resourceSlug: 'seats',
    },
  ],
  products: [
    product('Hobby', 'hobby', { unitPrice: 0, default: true }, ['hobby_render', 'welcome_render']),
    product('Team', 'team', { unitPrice: 4900 }, [
      'team_render',
      'team_exports',
      'team_seats',
      'watermark_free',
    ]),
    product('Agency', 'agency', { unitPrice: 19900 }, ['agency_render', 'team_exports', 'watermark_free']),
    product('Weekly', 'weekly', { unitPrice: 1500, intervalUnit: 'week' }, ['team_render']),
    product('Trial', 'trial', { unitPrice: 1000, trialPeriodDays: 14 }, ['team_render']),
    {
      product: { name: 'Render pack', slug: 'pack', description: 'More minutes', active: true },
      price: {
        type: 'single_payment',
        name: 'Render pack',
        slug: 'render_pack',
        unitPrice: 1200,
        isDefault: true,
        active: true,
      },
      features: ['pack_render'],
    },
  ],
} satisfies PricingSetupInput

export function grant(
  slug: string,
  amount: number,
  renewalFrequency: 'once' | 'every_billing_period',
  meter: string,
) {
  return {
    type: 'usage_credit_grant' as const,
    slug,
    name: slug.replace('_', ' '),
    description: '',
    amount,
    renewalFrequency,
    active: true,
    usageMeterSlug: meter,
  }
}

function product(
  name: string,
  slug: string,
  {
    unitPrice,
    intervalUnit = 'month',
    trialPeriodDays,
    default: isDefault = false,
  }: { unitPrice: number; intervalUnit?: 'week' | 'month'; trialPeriodDays?: number; default?: boolean },
  features: string[],
) {
  return {
    product: { name, slug, description: `${name} plan`, active: true, default: isDefault },
    price: {
      type: 'subscription' as const,
      name,
      slug: `${slug}_price`,
      unitPrice,
      isDefault: true,
      active: true,
      intervalUnit,
      intervalCount: 1,
      ...(trialPeriodDays && { trialPeriodDays }),
    },
    features,
  }
}
