import type { UsageEvent } from '../../../src/ledger/answers.ts'
import type { Snapshot } from '../../../src/ledger/commands.ts'

export const meters = ['pictures', 'tokens'] as const
type Meter = (typeof meters)[number]
export const periodMs = 3_600_000

interface Subscription {
  id: string
  features: string[]
  credits: Record<Meter, number>
  granted: number
  periodStart: number
}

/**
 * Simulates Flowglad for one customer. Records each event once, allows negative balances, and renews
 * subscriptions.
 */
export class World {
  readonly recorded = new Map<string, UsageEvent>()
  readonly subscriptions: Subscription[] = []
  #current: Subscription | null = null

  subscribe(now: number, granted: number, features: string[]): void {
    const id = `sub_${this.subscriptions.length}`
    this.#current = {
      id,
      features,
      granted,
      credits: { pictures: granted, tokens: granted },
      periodStart: now,
    }
    this.subscriptions.push(this.#current)
  }

  unsubscribe(): void {
    this.#current = null
  }

  setFeatures(features: string[]): void {
    if (this.#current) this.#current.features = features
  }

  topUp(meter: Meter, units: number): void {
    if (this.#current) this.#current.credits[meter] += units
  }

  record(event: UsageEvent): void {
    const id = `${event.attempt}/${event.meter}`
    if (!this.recorded.has(id)) this.recorded.set(id, event)
  }

  /**
   * Renews each subscription whose period has ended. Unused grants expire, a negative balance carries over,
   * and the plan's grants are added.
   */
  renew(now: number): void {
    for (const subscription of this.subscriptions) {
      while (subscription.periodStart + periodMs <= now) {
        subscription.periodStart += periodMs
        for (const meter of meters) {
          const left = this.available(subscription, meter)
          subscription.credits[meter] += subscription.granted - Math.max(0, left)
        }
      }
    }
  }

  available(subscription: Subscription, meter: Meter): number {
    let spent = 0
    for (const event of this.recorded.values()) {
      if (event.subscription === subscription.id && event.meter === meter) spent += event.amount
    }
    return subscription.credits[meter] - spent
  }

  billing(): Snapshot {
    const current = this.#current
    if (!current) return { subscription: null, meters: {} }
    const { id, features, granted, periodStart } = current
    return {
      subscription: {
        id,
        status: 'active',
        cancelScheduledAt: null,
        scheduledAdjustmentAt: null,
        periodStart,
        periodEnd: periodStart + periodMs,
        planName: 'Plan',
        priceSlug: 'plan',
        isFree: false,
        features: [...features],
      },
      meters: Object.fromEntries(
        meters.map((meter) => [meter, { available: this.available(current, meter), granted }]),
      ),
    }
  }
}
