import type { BillingOptions } from '../config/options.ts'
import type { MeterPolicy, Meters } from '../contract/meters.ts'
import type { EventPrice, Label, Leg } from '../ledger/commands.ts'

/** Returns the meter's policy. Throws a `TypeError` if `defineMeters` doesn't define the meter. */
function policyOf(meters: Meters, meter: string): MeterPolicy {
  const policy = Object.hasOwn(meters, meter) ? meters[meter] : undefined
  if (!policy) throw new TypeError(`There is no meter "${meter}". Add it to defineMeters.`)
  return policy
}

/**
 * Returns the price of the meter's usage events: the meter's `priceSlug`, or Flowglad's default price for the
 * meter.
 */
export function priceOf(meters: Meters, meter: string): EventPrice {
  const { priceSlug } = policyOf(meters, meter)
  return priceSlug === undefined ? { usageMeterSlug: meter } : { priceSlug }
}

/** Returns a leg for a reserve command, based on the meter's policy. */
export function legOf(
  meters: Meters,
  { meter, amount, labels }: { meter: string; amount: number; labels?: Label[] | undefined },
): Leg {
  const { unlimitedBy, overage, onExpiry } = policyOf(meters, meter)
  return {
    meter,
    amount,
    unlimitedBy: unlimitedBy ?? null,
    overageWith: overage?.withFeature ?? null,
    onExpiry: onExpiry ?? 'release',
    price: priceOf(meters, meter),
    ...(labels?.length ? { labels } : {}),
  }
}

/**
 * Returns the hold's time to live and its maximum lifetime. If the call has several legs, each value is the
 * minimum across the legs' meters.
 */
export function lifetimeOf(
  meters: Meters,
  legs: { meter: string }[],
  { holdTtlMs, maxHoldMs }: BillingOptions,
): { ttlMs: number; maxHoldMs: number } {
  const shortest = { ttlMs: Number.POSITIVE_INFINITY, maxHoldMs: Number.POSITIVE_INFINITY }
  for (const { meter } of legs) {
    const policy = policyOf(meters, meter)
    shortest.ttlMs = Math.min(shortest.ttlMs, policy.holdTtlMs ?? holdTtlMs)
    shortest.maxHoldMs = Math.min(shortest.maxHoldMs, policy.maxHoldMs ?? maxHoldMs)
  }
  return shortest
}
