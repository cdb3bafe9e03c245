import type { Customer } from '../database/records/customers.ts'
import type { Price, Product } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { isCurrent } from '../rules/isCurrent.ts'

const terminalStatuses = new Set(['canceled', 'incomplete_expired'])

export const isTerminal = (s: Subscription) => terminalStatuses.has(s.status)

/** Returns a customer's current subscriptions, newest first. */
export const currentSubscriptions = ({ db }: Platform, customerId: string): Subscription[] =>
  db.subscriptions.by('customer', customerId).filter(isCurrent).reverse()

/**
 * Returns the reason that a customer can't subscribe to a price now, or null if the customer can. A new plan
 * can replace the current plan only if the current plan is free and the new plan is not.
 */
export function planConflict(platform: Platform, customer: Customer, price: Price): string | null {
  const current = currentSubscriptions(platform, customer.id)
  if (price.unitPrice === 0 && current.some((s) => s.isFreePlan))
    return `Subscription conflict: Customer ${customer.id} already has an active free subscription. Only one free subscription is allowed per customer. Please upgrade or cancel the existing free subscription before creating a new one.`
  if (current.some((s) => !s.isFreePlan))
    return `Subscription conflict: Customer ${customer.id} already has an active subscription. Please cancel the existing subscription before creating a new one.`
  return null
}

/** Returns the end of a trial that starts now, or null for no trial. A customer gets only one trial. */
export function trialEndOf(
  { db }: Platform,
  customer: Customer,
  price: Price,
  start: number,
  asked?: number,
): number | null {
  // A requested end of 0 means no trial.
  const end = asked ?? (price.trialPeriodDays ? start + price.trialPeriodDays * 24 * 60 * 60 * 1000 : null)
  const hadOne = db.subscriptions.by('customer', customer.id).some((s) => s.trialEnd !== null)
  return hadOne || end === 0 ? null : end
}

/** Returns a new subscription's default name. It applies until the first renewal or plan change. */
export const planName = (product: Product, price: Price) =>
  price.name ? `${product.name} - ${price.name}` : product.name
