import type { PastDue } from './pastDue.ts'
import type { Charge } from './statement.ts'

/** The customer's current subscription. Times are epoch milliseconds. */
export interface PlanSummary {
  name: string
  priceSlug: string | null
  isFree: boolean
  /** The subscription's status at Flowglad, such as `active`. */
  status: string
  /** Set while a renewal of the plan is unpaid. */
  pastDue?: PastDue
  /** The end of the current period. null if there is none. */
  renewsAt: number | null
  /** When the plan ends, if a cancellation is scheduled. */
  cancelsAt: number | null
  /** When the plan changes, if a downgrade is scheduled. */
  changesAt: number | null
  /** The slugs of the toggle features that the customer can use. */
  features: string[]
}

/** A plan or a pack that a customer can buy. Prices are in the currency's smallest unit (cents). */
export interface PlanOffer<Meter extends string = string> {
  /** A `plan` is a subscription. A `pack` is a one-time purchase. */
  kind: 'plan' | 'pack'
  name: string
  description: string | null
  priceSlug: string
  unitPrice: number
  currency: string
  /** The billing interval. null for a pack. */
  interval: { unit: 'day' | 'week' | 'month' | 'year'; count: number } | null
  isFree: boolean
  grants: { meter: Meter; name: string; amount: number; renews: boolean }[]
  features: { slug: string; name: string }[]
  /** The meters that this plan doesn't limit. */
  unlimited: Meter[]
  /** The overage prices of the meters that allow overage on this plan. */
  overage: OveragePrice<Meter>[]
}

/** The price of usage beyond a grant. */
export interface OveragePrice<Meter extends string = string> {
  meter: Meter
  /** The slug of the toggle feature that allows overage. */
  feature: string
  /** The price of `perUnits` units of the meter, in the currency's smallest unit (cents). */
  unitPrice: number
  perUnits: number
  currency: string
}

/** Pack units that a customer loses through a purchase or a plan change. */
export interface Forfeit<Meter extends string = string> {
  meter: Meter
  amount: number
}

/** The result of changing, canceling or resuming a plan. */
export interface PlanChange {
  /** The current plan after the request. */
  plan: PlanSummary | null
  /** When the change takes effect, in epoch milliseconds. */
  effectiveAt: number
  /** The pack units that the customer loses if the change takes effect now. */
  forfeits: Forfeit[]
  /** The payment that the change caused. null if nothing was charged, or if the payment can't be read now. */
  charged: Charge | null
}
