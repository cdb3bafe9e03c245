import type { Clock } from '../config/clock.ts'
import { RecentMap } from '../config/recentMap.ts'

const rememberedCustomers = 10_000

/**
 * Limits how many fetches each customer can cause. Each customer's bucket holds up to `burst` tokens and
 * gains one token every `everyMs`.
 */
export class Throttle {
  readonly #burst: number
  readonly #everyMs: number
  readonly #clock: Pick<Clock, 'now'>
  readonly #buckets = new RecentMap<string, { tokens: number; refilledAt: number }>(rememberedCustomers)

  constructor({ burst, everyMs, clock }: { burst: number; everyMs: number; clock: Pick<Clock, 'now'> }) {
    this.#burst = burst
    this.#everyMs = everyMs
    this.#clock = clock
  }

  /** Takes one of the customer's tokens. Returns false if the bucket is empty. */
  take(customer: string): boolean {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(customer) ?? { tokens: this.#burst, refilledAt: now }
    this.#buckets.set(customer, bucket)
    const earned = Math.floor((now - bucket.refilledAt) / this.#everyMs)
    if (earned > 0) {
      bucket.tokens = Math.min(this.#burst, bucket.tokens + earned)
      bucket.refilledAt += earned * this.#everyMs
    }
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
