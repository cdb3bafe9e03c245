import { studioPricing } from './studioPricing.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const urls = { successUrl: 'http://127.0.0.1/s', cancelUrl: 'http://127.0.0.1/c' }
const price: { [key: string]: Json } = {
  type: 'subscription',
  slug: 'NEW',
  name: null,
  unitPrice: 100,
  isDefault: true,
  active: true,
  intervalUnit: 'month',
  intervalCount: 1,
  trialPeriodDays: null,
}

/**
 * Valid requests: method, path and body. Before a test sends a request, it replaces names such as `SUB` with
 * IDs, and `NEW` with a new name.
 */
export const validRequests: [string, string, { [key: string]: Json }][] = [
  ['POST', '/customers', { customer: { externalId: 'NEW', name: 'N', email: 'n', domain: null } }],
  ['PUT', '/customers/ada', { customer: { name: 'A', logoURL: null } }],
  [
    'POST',
    '/usage-events',
    {
      usageEvent: {
        subscriptionId: 'SUB',
        transactionId: 'NEW',
        amount: 1,
        usageMeterSlug: 'render',
        usageDate: 5,
        properties: { a: 1 },
      },
    },
  ],
  [
    'POST',
    '/usage-events/bulk',
    {
      usageEvents: [
        { subscriptionId: 'SUB', transactionId: 'NEW', amount: 1, priceSlug: 'render_extra' },
        {
          subscriptionId: 'SUB',
          transactionId: 'NEW2',
          amount: 2,
          usageMeterSlug: 'viewers',
          properties: { a: [1, { b: 2 }] },
        },
      ],
    },
  ],
  [
    'POST',
    '/checkout-sessions',
    {
      checkoutSession: {
        type: 'product',
        customerExternalId: 'ada',
        priceSlug: 'agency_price',
        quantity: 1,
        outputMetadata: { a: 'b' },
        outputName: 'x',
        ...urls,
      },
    },
  ],
  [
    'POST',
    '/checkout-sessions',
    {
      checkoutSession: {
        type: 'activate_subscription',
        customerExternalId: 'ada',
        targetSubscriptionId: 'SUB',
        ...urls,
      },
    },
  ],
  [
    'POST',
    '/subscriptions',
    {
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      quantity: 1,
      trialEnd: 9,
      interval: 'month',
      intervalCount: 1,
      metadata: { a: 1 },
      name: 'x',
      doNotCharge: true,
    },
  ],
  [
    'POST',
    '/subscriptions/SUB/adjust',
    {
      adjustment: {
        timing: 'auto',
        newSubscriptionItems: [{ priceSlug: 'agency_price', quantity: 2 }],
        prorateCurrentBillingPeriod: true,
      },
    },
  ],
  [
    'POST',
    '/subscriptions/SUB/preview-adjust',
    {
      adjustment: { timing: 'immediately', newSubscriptionItems: [{ priceSlug: 'team_price', quantity: 2 }] },
    },
  ],
  ['POST', '/subscriptions/SUB/cancel', { cancellation: { timing: 'at_end_of_current_billing_period' } }],
  [
    'POST',
    '/subscriptions/SUB/adjust',
    {
      adjustment: {
        timing: 'immediately',
        newSubscriptionItems: [
          {
            subscriptionId: 'SUB',
            type: 'static',
            addedDate: 5,
            quantity: 1,
            unitPrice: 7,
            name: 'x',
            priceSlug: 'team_price',
          },
        ],
      },
    },
  ],
  [
    'POST',
    '/discounts',
    { discount: { name: 'N', code: 'NEW', amount: 5, amountType: 'fixed', duration: 'once', active: true } },
  ],
  ['POST', '/resource-claims/SUB/claim', { resourceSlug: 'seats', quantity: 1, metadata: { a: 1 } }],
  ['POST', '/resource-claims/SUB/release', { resourceSlug: 'seats', externalIds: ['a', 'b'] }],
  ['POST', '/pricing-models/setup', JSON.parse(JSON.stringify({ ...studioPricing, isDefault: false }))],
  ['POST', '/pricing-models/MODEL/clone', { name: 'NEW', destinationEnvironment: 'testmode' }],
  [
    'POST',
    '/products',
    {
      product: { name: 'P', slug: 'NEW', active: true, pricingModelId: 'MODEL' },
      price,
      featureIds: ['TOGGLE'],
    },
  ],
  [
    'PUT',
    '/products/PRODUCT',
    {
      product: { id: 'PRODUCT', name: 'P', slug: 'NEW', active: true },
      price: { ...price, productId: 'PRODUCT' },
      featureIds: ['TOGGLE'],
    },
  ],
  ['POST', '/prices', { price: { ...price, productId: 'PRODUCT' } }],
  ['PUT', '/prices/PRICE', { price: { id: 'PRICE', type: 'subscription', isDefault: true, slug: 'NEW' } }],
  [
    'POST',
    '/usage-meters',
    {
      usageMeter: { name: 'M', slug: 'NEW', pricingModelId: 'MODEL' },
      price: { unitPrice: 1, usageEventsPerUnit: 2 },
    },
  ],
  ['PUT', '/usage-meters/METER', { usageMeter: { id: 'METER', name: 'M', aggregationType: 'sum' } }],
  [
    'POST',
    '/features',
    {
      feature: {
        type: 'usage_credit_grant',
        name: 'F',
        slug: 'NEW',
        description: '',
        pricingModelId: 'MODEL',
        usageMeterId: 'METER',
        amount: 1,
        renewalFrequency: 'once',
      },
    },
  ],
  ['PUT', '/features/TOGGLE', { feature: { id: 'TOGGLE', type: 'toggle', name: 'F', active: true } }],
  ['POST', '/product-features', { productFeature: { productId: 'PRODUCT', featureId: 'TOGGLE' } }],
  [
    'POST',
    '/webhooks',
    {
      webhook: {
        name: 'W',
        pricingModelId: 'MODEL',
        url: 'http://127.0.0.1:1/',
        filterTypes: ['payment.failed'],
      },
    },
  ],
]
