/** What one meter is allowed and how its holds behave. Slugs of features and prices are Flowglad's. */
export interface MeterPolicy {
  /** A toggle feature that lifts the limit: customers whose plan has it are counted, never refused. */
  unlimitedBy?: string
  /** A toggle feature that lets usage run past the grant; Flowglad bills the rest by the meter's price. */
  overage?: { withFeature: string }
  /** The usage price that events are recorded on. Default: the meter's default price, which Flowglad resolves. */
  priceSlug?: string
  /** What happens to the units of work whose process died: given back (default), or booked, for work that has cost you money by then. */
  onExpiry?: 'release' | 'settle'
  /** How long a hold outlives its last sign of life. Default: `options.holdTtlMs`. */
  holdTtlMs?: number
  /** How long work may hold units at all. Default: `options.maxHoldMs`. */
  maxHoldMs?: number
  /** May browsers record usage of this meter by themselves (`useBilling().createUsageEvent`)? Default false. */
  recordableByClient?: boolean
}

/** The app's meters by slug. */
export type Meters = Record<string, MeterPolicy>
/** The slugs of the app's meters: `'generations' | 'tokens'`. */
export type MeterOf<M extends Meters> = keyof M & string

/**
 * Names the app's meters, by Flowglad's usage meter slugs; they stay literal types all the way to the browser.
 * Throws a `TypeError` for a slug that Flowglad could not have.
 */
export function defineMeters<const M extends Meters>(meters: M): M {
  for (const slug of Object.keys(meters)) {
    if (!/^[a-z0-9][a-z0-9_-]*$/i.test(slug))
      throw new TypeError(`"${slug}" cannot be the slug of a usage meter`)
  }
  return meters
}
