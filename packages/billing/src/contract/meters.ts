import { assertDimensions } from './dimensions.ts'

/**
 * One meter's policy: its limit, its price and its holds. Feature and price slugs must match the slugs at
 * Flowglad.
 */
export interface MeterPolicy {
  /**
   * The toggle feature that lifts the limit. Usage by customers with this feature is counted but never denied
   * and never billed: it is recorded at the meter's no-charge price.
   */
  unlimitedBy?: string
  /** The toggle feature that allows usage beyond the grant. Flowglad bills that usage at the meter's price. */
  overage?: { withFeature: string }
  /**
   * The slug of the usage price at which events are recorded. Default: the meter's default price at Flowglad.
   * Unlimited usage is recorded at the meter's no-charge price instead.
   */
  priceSlug?: string
  /**
   * Determines what happens to the units if the process dies during the work. `release` (default) returns the
   * units. `settle` charges the units: use it for work that has already cost you money. A stream that has
   * counted units is charged for these units instead.
   */
  onExpiry?: 'release' | 'settle'
  /**
   * Determines the charge for a stream whose reader leaves early. `hold` charges the held units. `counted`
   * charges only the units that the work has counted. Default: the meter's `cost` is charged, as for a finished
   * stream. If `cost` reads usage that the work never counted, the held units are charged. Use `hold` if the
   * work counts its units only at the end. `onLeave` has no effect on a fixed cost, which is charged in full.
   */
  onLeave?: 'hold' | 'counted'
  /** How long a hold lasts without a renewal. Default: `options.holdTtlMs`. */
  holdTtlMs?: number
  /** The longest time that work can hold units. Default: `options.maxHoldMs`. */
  maxHoldMs?: number
  /** Lets browsers record usage of this meter (`useBilling().createUsageEvent`). Default: false. */
  recordableByClient?: boolean
  /**
   * The labels by which usage can be broken down, such as `{ member: 1000, model: 50 }`. The number is how many values
   * of the dimension have separate totals for each customer (1 to 10,000). Further values count under `other`. A meter
   * can have up to 8 dimensions. Default: none.
   */
  dimensions?: Readonly<Record<string, number>>
}

/** The app's meters by slug. */
export type Meters = Record<string, MeterPolicy>
/** The slugs of the app's meters, such as `'generations' | 'tokens'`. */
export type MeterOf<M extends Meters> = keyof M & string
/** The dimensions of the app's meters, or of one meter, such as `'member' | 'model'`. */
export type DimensionOf<M extends Meters, Meter extends MeterOf<M> = MeterOf<M>> = {
  [Slug in Meter]: M[Slug] extends { dimensions?: infer Dimensions }
    ? keyof NonNullable<Dimensions> & string
    : never
}[Meter]

/**
 * Returns the app's meters, keyed by the slugs of their usage meters at Flowglad. The slugs keep their
 * literal types, even in the browser. Throws a `TypeError` for an invalid slug or dimension.
 */
export function defineMeters<const M extends Meters>(meters: M): M {
  for (const [slug, { dimensions }] of Object.entries<MeterPolicy>(meters)) {
    if (!/^[a-z0-9][a-z0-9_-]*$/i.test(slug)) {
      throw new TypeError(
        `"${slug}" can't be the slug of a usage meter. Use letters, digits, dashes and underscores, and start with a letter or digit.`,
      )
    }
    if (dimensions) assertDimensions(slug, dimensions)
  }
  return meters
}
