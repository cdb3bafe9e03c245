import type { UsageEvent } from '../../../src/ledger/answers.ts'
import type { Snapshot } from '../../../src/ledger/commands.ts'
import type { PaymentStep } from './history.ts'

export const meters = ['pictures', 'tokens'] as const
type Meter = (typeof meters)[number]
export const periodMs = 3_600_000
/** The default plan's grants. */
export const freeGrants: Record<string, number> = { pictures: 8, tokens: 15 }

interface Subscription {
  id: string
  features: string[]
  credits: Record<Meter, number>
  granted: number
  periodStart: number
  isFree: boolean
  status: string
  payment: { unpaidSince: number | null; settledFor: number | null; hasPaid: boolean; reportedAt: number }
}

/**
 * Simulates Flowglad for one customer. Like Flowglad, records each event once, allows negative balances, and renews
 * subscriptions.
 */
export class World {
  readonly recorded = new Map<string, UsageEvent>()
  readonly subscriptions: Subscription[] = []
  #current: Subscription | null = null

  subscribe(now: number, granted: number, features: string[], isFree = false): void {
    const id = `sub_${this.subscriptions.length}`
    this.#current = {
      id,
      features,
      granted,
      credits: { pictures: granted, tokens: granted },
      periodStart: now,
      isFree,
      status: 'active',
      payment: { unpaidSince: null, settledFor: null, hasPaid: true, reportedAt: now },
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

  /** Changes the status, and opens or settles the invoice of the current period. */
  setPayment(now: number, { status, invoice, hasPaid }: Omit<PaymentStep, 'type'>): void {
    const current = this.#current
    if (!current) return
    const { periodStart, payment } = current
    current.status = status
    payment.hasPaid = hasPaid
    payment.reportedAt = Math.max(payment.reportedAt, now)
    if (invoice === 'open') payment.unpaidSince ??= periodStart
    if (invoice === 'paid') Object.assign(payment, { unpaidSince: null, settledFor: periodStart })
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
    const { id, features, granted, periodStart, isFree, status, payment } = current
    return {
      subscription: {
        id,
        status,
        cancelScheduledAt: null,
        scheduledAdjustmentAt: null,
        periodStart,
        periodEnd: periodStart + periodMs,
        planName: 'Plan',
        priceSlug: 'plan',
        isFree,
        features: [...features],
        payment: { ...payment },
        freePlan: { grants: freeGrants, features: [] },
      },
      meters: Object.fromEntries(
        meters.map((meter) => [meter, { available: this.available(current, meter), granted }]),
      ),
    }
  }
}
