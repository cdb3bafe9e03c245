import { z } from 'zod'
import type { Clock } from '../config/clock.ts'
import type { MeterPolicy, Meters } from '../contract/meters.ts'
import type { OveragePrice, PlanOffer } from '../contract/plans.ts'
import { noChargePriceSlug } from '../ledger/noChargePriceSlug.ts'

const price = z.object({
  id: z.string(),
  slug: z.string().nullish(),
  type: z.string(),
  active: z.boolean(),
  isDefault: z.boolean(),
  unitPrice: z.number(),
  usageEventsPerUnit: z.number().nullish(),
  currency: z.string().nullish(),
  intervalUnit: z.enum(['day', 'week', 'month', 'year']).nullish(),
  intervalCount: z.number().nullish(),
})
const feature = z.object({
  type: z.string(),
  slug: z.string(),
  name: z.string(),
  amount: z.number().nullish(),
  usageMeterId: z.string().nullish(),
  renewalFrequency: z.string().nullish(),
  active: z.boolean().nullish(),
})
const pricingModel = z.object({
  products: z.array(
    z.object({
      name: z.string(),
      description: z.string().nullish(),
      active: z.boolean(),
      default: z.boolean(),
      prices: z.array(price),
      features: z.array(feature),
    }),
  ),
  usageMeters: z.array(
    z.object({
      id: z.string(),
      slug: z.string(),
      name: z.string(),
      aggregationType: z.string(),
      prices: z.array(price),
      defaultPrice: price.nullish(),
    }),
  ),
})
type PricingModel = z.infer<typeof pricingModel>

interface CatalogMeter {
  id: string
  name: string
  /** Price IDs by slug. */
  prices: Map<string, string>
  defaultPriceId: string | null
}

/** Flowglad's pricing model: the plans, packs, meters and usage prices. */
export interface Catalog {
  offers: PlanOffer[]
  meters: Map<string, CatalogMeter>
  /** The slugs of all product prices, by price ID. */
  slugOfPrice: Map<string, string>
  /** Flowglad's answer, unchanged. */
  pricingModel: unknown
  /** Instructions for fixing the app's unusable meters, by the meter's slug. */
  problems: Map<string, string>
}

function catalogOf(answer: unknown, meters: Meters): Catalog {
  const model = pricingModel.parse(answer)
  return {
    offers: offersOf(model, meters),
    pricingModel: answer,
    slugOfPrice: new Map(
      model.products.flatMap(({ prices }) => prices.map(({ id, slug }) => [id, slug ?? id])),
    ),
    meters: new Map(
      model.usageMeters.map((meter) => [
        meter.slug,
        {
          id: meter.id,
          name: meter.name,
          prices: new Map(meter.prices.map(({ id, slug }) => [slug ?? id, id])),
          defaultPriceId: meter.defaultPrice?.id ?? null,
        },
      ]),
    ),
    problems: new Map(
      Object.entries(meters).flatMap(([slug, policy]) => {
        const problem = problemOf(slug, policy, model)
        return problem === null ? [] : [[slug, problem]]
      }),
    ),
  }
}

/**
 * Returns instructions if Flowglad can't record or bill the meter's usage correctly. Otherwise, returns null.
 */
function problemOf(
  slug: string,
  { priceSlug, unlimitedBy }: MeterPolicy,
  model: PricingModel,
): string | null {
  const meter = model.usageMeters.find((candidate) => candidate.slug === slug)
  if (!meter) {
    return `Flowglad's pricing model has no usage meter "${slug}". Create it in Flowglad, or remove it from defineMeters.`
  }
  if (meter.aggregationType !== 'sum') {
    return `The usage meter "${slug}" has the aggregation type ${meter.aggregationType}. Use a meter with the type sum.`
  }
  const hasPrice = (wanted: string) => meter.prices.some(({ slug, active }) => slug === wanted && active)
  if (priceSlug && !hasPrice(priceSlug)) {
    return `The usage meter "${slug}" has no active price "${priceSlug}". Create it in Flowglad, or change priceSlug.`
  }
  const noCharge = noChargePriceSlug(slug)
  if (unlimitedBy && !hasPrice(noCharge)) {
    return `The usage meter "${slug}" has no price "${noCharge}", so Flowglad would bill unlimited usage. Flowglad creates this price with each meter: recreate the meter, or remove unlimitedBy.`
  }
  return null
}

function offersOf(model: PricingModel, meters: Meters): PlanOffer[] {
  const meterById = new Map(model.usageMeters.map((meter) => [meter.id, meter]))
  return model.products
    .filter(({ active }) => active)
    .flatMap((product) =>
      product.prices
        .filter(
          ({ active, type, slug }) =>
            active && slug && (type === 'subscription' || type === 'single_payment'),
        )
        .map((offer): PlanOffer => {
          const features = product.features.filter(({ active }) => active !== false)
          const toggles = features.filter(({ type }) => type === 'toggle')
          return {
            kind: offer.type === 'subscription' ? 'plan' : 'pack',
            name: product.name,
            description: product.description ?? null,
            priceSlug: offer.slug ?? offer.id,
            unitPrice: offer.unitPrice,
            currency: offer.currency ?? 'USD',
            interval:
              offer.type === 'subscription' && offer.intervalUnit
                ? { unit: offer.intervalUnit, count: offer.intervalCount ?? 1 }
                : null,
            isFree: product.default,
            grants: features.flatMap(({ type, usageMeterId, amount, renewalFrequency }) => {
              const meter = meterById.get(usageMeterId ?? '')
              if (type !== 'usage_credit_grant' || !meter) return []
              const renews = offer.type === 'subscription' && renewalFrequency === 'every_billing_period'
              return [{ meter: meter.slug, name: meter.name, amount: amount ?? 0, renews }]
            }),
            features: toggles.map(({ slug, name }) => ({ slug, name })),
            unlimited: Object.entries(meters)
              .filter(([, { unlimitedBy }]) => toggles.some(({ slug }) => slug === unlimitedBy))
              .map(([slug]) => slug),
            overage: offer.type === 'subscription' ? overageOf(model, meters, toggles) : [],
          }
        }),
    )
    .sort((a, b) => (a.kind === b.kind ? a.unitPrice - b.unitPrice : a.kind === 'plan' ? -1 : 1))
}

function overageOf(model: PricingModel, meters: Meters, toggles: { slug: string }[]): OveragePrice[] {
  const has = (feature: string | undefined) => toggles.some(({ slug }) => slug === feature)
  return Object.entries(meters).flatMap(([slug, { overage, unlimitedBy, priceSlug }]) => {
    if (!overage || !has(overage.withFeature) || has(unlimitedBy)) return []
    const meter = model.usageMeters.find((candidate) => candidate.slug === slug)
    const billed = priceSlug
      ? meter?.prices.find((candidate) => candidate.slug === priceSlug)
      : meter?.defaultPrice
    // Usage at a price of 0 isn't billed, so the plan has no overage price to show.
    if (!billed || billed.unitPrice === 0) return []
    const { unitPrice, usageEventsPerUnit, currency } = billed
    return [
      {
        meter: slug,
        feature: overage.withFeature,
        unitPrice,
        perUnits: usageEventsPerUnit ?? 1,
        currency: currency ?? 'USD',
      },
    ]
  })
}

export type CatalogCache = ReturnType<typeof createCatalogCache>

/** Creates a cache for the catalog. While Flowglad is unavailable, the cache returns the last catalog. */
export function createCatalogCache({
  flowglad,
  meters,
  clock,
  maxAgeMs,
}: {
  flowglad: { pricingModel(): Promise<unknown> }
  meters: Meters
  clock: Clock
  maxAgeMs: number
}) {
  let known: { catalog: Catalog; at: number } | null = null
  let loading: Promise<Catalog> | null = null
  let failed: { error: unknown; at: number } | null = null

  const load = () => {
    // Right after a failure, fail immediately instead of waiting for another timeout.
    if (failed && clock.now() - failed.at < pauseMs) return Promise.reject(failed.error)
    loading ??= flowglad
      .pricingModel()
      .then((answer) => {
        known = { catalog: catalogOf(answer, meters), at: clock.now() }
        failed = null
        return known.catalog
      })
      .catch((error: unknown) => {
        failed = { error, at: clock.now() }
        throw error
      })
      .finally(() => {
        loading = null
      })
    return loading
  }

  /**
   * Returns the catalog. Refreshes an old catalog in the background. Rejects only if no load has ever
   * succeeded.
   */
  async function get(): Promise<Catalog> {
    if (!known) return load()
    if (clock.now() - known.at > maxAgeMs) load().catch(() => {})
    return known.catalog
  }

  return {
    get,
    /** Returns the catalog. If a meter has a problem, reloads the catalog first, at most once a second. */
    async recheck(): Promise<Catalog> {
      const catalog = await get()
      const isRecent = known !== null && clock.now() - known.at < pauseMs
      return catalog.problems.size === 0 || isRecent ? catalog : load().catch(() => catalog)
    },
    /** Returns the catalog, or null if it has not been loaded. */
    peek: () => known?.catalog ?? null,
  }
}

/** How long to wait before the next load, after a failed load or if the catalog has problems. */
const pauseMs = 1_000
