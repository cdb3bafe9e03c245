import { z } from 'zod'
import type { Snapshot } from '../ledger/commands.ts'
import { invoices, paymentOf } from './paymentOf.ts'

const featureItem = z.object({
  type: z.string(),
  slug: z.string(),
  amount: z.number().nullish(),
  usageMeterId: z.string().nullish(),
  expiredAt: z.number().nullish(),
  detachedAt: z.number().nullish(),
})
const price = z.object({ id: z.string(), slug: z.string().nullish() })
const productFeature = featureItem.pick({ type: true, slug: true, amount: true, usageMeterId: true }).extend({
  renewalFrequency: z.string().nullish(),
  active: z.boolean().nullish(),
})
const product = z.object({
  name: z.string(),
  default: z.boolean().nullish(),
  prices: z.array(price),
  features: z.array(productFeature).nullish(),
})
const subscription = z.object({
  id: z.string(),
  status: z.string(),
  name: z.string().nullish(),
  priceId: z.string().nullish(),
  isFreePlan: z.boolean().nullish(),
  doNotCharge: z.boolean().nullish(),
  updatedAt: z.number().nullish(),
  cancelScheduledAt: z.number().nullish(),
  scheduledAdjustmentAt: z.number().nullish(),
  currentBillingPeriodStart: z.number().nullish(),
  currentBillingPeriodEnd: z.number().nullish(),
  subscriptionItems: z.array(z.object({ expiredAt: z.number().nullish(), price: price.nullish() })).nullish(),
  experimental: z
    .object({
      featureItems: z.array(featureItem),
      usageMeterBalances: z.array(z.object({ slug: z.string(), availableBalance: z.number() })),
    })
    .nullish(),
})
const billing = z.object({
  currentSubscription: subscription.nullish(),
  invoices: invoices.nullish(),
  pricingModel: z.object({
    products: z.array(product),
    usageMeters: z.array(z.object({ id: z.string(), slug: z.string() })),
  }),
})

/**
 * Reads a snapshot from Flowglad's `GET /customers/:id/billing` answer. Uses only the current subscription.
 */
export function snapshotOf(answer: unknown, now: number): Snapshot {
  const { currentSubscription: current, invoices, pricingModel } = billing.parse(answer)
  if (!current) return { subscription: null, meters: {} }

  const products = pricingModel.products
  const product = products.find(({ prices }) => prices.some(({ id }) => id === current.priceId))
  const priceOfPlan = product?.prices.find(({ id }) => id === current.priceId)
  // Flowglad's clock may be ahead of ours. A feature that ends before Flowglad's current period starts has
  // already ended, even if our clock has not reached that time.
  const lastEnded = Math.max(now, current.currentBillingPeriodStart ?? 0)
  const features = (current.experimental?.featureItems ?? []).filter(
    ({ expiredAt, detachedAt }) =>
      (expiredAt ?? Infinity) > lastEnded && (detachedAt ?? Infinity) > lastEnded,
  )

  const meters: Snapshot['meters'] = {}
  for (const { id, slug } of pricingModel.usageMeters) {
    meters[slug] = {
      available: 0,
      granted: features
        .filter(({ type, usageMeterId }) => type === 'usage_credit_grant' && usageMeterId === id)
        .reduce((sum, { amount }) => sum + (amount ?? 0), 0),
    }
  }
  for (const { slug, availableBalance } of current.experimental?.usageMeterBalances ?? []) {
    meters[slug] = { available: Math.trunc(availableBalance), granted: meters[slug]?.granted ?? 0 }
  }

  return {
    subscription: {
      id: current.id,
      status: current.status,
      cancelScheduledAt: current.cancelScheduledAt ?? null,
      scheduledAdjustmentAt: current.scheduledAdjustmentAt ?? null,
      periodStart: current.currentBillingPeriodStart ?? null,
      periodEnd: current.currentBillingPeriodEnd ?? null,
      planName: product?.name ?? current.name ?? 'Plan',
      priceSlug: priceOfPlan?.slug ?? null,
      isFree: current.isFreePlan ?? false,
      doNotCharge: current.doNotCharge ?? false,
      features: features.filter(({ type }) => type === 'toggle').map(({ slug }) => slug),
      ...(invoices && { payment: paymentOf(current, invoices) }),
      freePlan: freePlanOf(pricingModel),
    },
    meters,
  }
}

type PricingModel = z.infer<typeof billing>['pricingModel']

/** Returns what the default plan grants in each period, and its toggle features. */
function freePlanOf({ products, usageMeters }: PricingModel) {
  const included = products.find((product) => product.default)?.features ?? []
  const active = included.filter((feature) => feature.active !== false)
  const grants = usageMeters.map(({ id, slug }) => {
    const ofMeter = active.filter(
      ({ type, usageMeterId, renewalFrequency }) =>
        type === 'usage_credit_grant' && usageMeterId === id && renewalFrequency === 'every_billing_period',
    )
    return [slug, ofMeter.reduce((sum, { amount }) => sum + (amount ?? 0), 0)] as const
  })
  return {
    grants: Object.fromEntries(grants),
    features: active.filter(({ type }) => type === 'toggle').map(({ slug }) => slug),
  }
}
