import type { RenewingSubscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { periodEndAfter } from '../rules/period.ts'
import { cancelNow } from './cancel.ts'
import { attemptBillingRun, runBilling } from './collect.ts'
import { grantPlanCredits } from './grantPlanCredits.ts'
import { followItems } from './items.ts'
import { expireCredits } from './ledger.ts'
import { addPeriod } from './periods.ts'

/**
 * Ends a subscription's current period. Cancels the subscription if a cancellation is due. Otherwise, starts
 * the next period: applies scheduled changes, expires and grants credits, and bills.
 */
function renew(platform: Platform, subscription: RenewingSubscription): void {
  const { db } = platform
  const at = subscription.currentBillingPeriodEnd
  if (subscription.cancelScheduledAt !== null && subscription.cancelScheduledAt <= at) {
    cancelNow(platform, at, subscription)
    return
  }
  const renewed: RenewingSubscription = {
    ...subscription,
    status: subscription.status === 'trialing' ? 'active' : subscription.status,
    currentBillingPeriodStart: at,
    currentBillingPeriodEnd: periodEndAfter(at, {
      // After a trial, the trial's end anchors the billing cycle.
      anchor: subscription.trialEnd ?? subscription.billingCycleAnchorDate,
      unit: subscription.interval,
      count: subscription.intervalCount,
    }),
    scheduledAdjustmentAt: null,
    updatedAt: at,
  }
  db.subscriptions.put(renewed)
  addPeriod(platform, at, renewed)
  const following = followItems(platform, at, renewed)
  expireCredits(platform, at, following.id)
  grantPlanCredits(platform, at, following, { renewal: true })
  runBilling(platform, at, following, { reason: 'renewal' })
}

type Due = { at: number; run(): void }

/**
 * Returns the earliest renewal or retry. If a renewal and a retry are due at the same time, returns the
 * renewal.
 */
function nextDue(platform: Platform): Due | null {
  const { db } = platform
  const subscription = db.subscriptions.lowest('renewsAt')
  const run = db.billingRuns.lowest('dueAt')
  const dueAt = run?.dueAt ?? Infinity
  if (subscription?.renews && subscription.currentBillingPeriodEnd <= dueAt)
    return { at: subscription.currentBillingPeriodEnd, run: () => renew(platform, subscription) }
  return run ? { at: dueAt, run: () => attemptBillingRun(platform, dueAt, run) } : null
}

/**
 * Runs all due renewals and retries in chronological order, because May's renewal, for example, depends on
 * the result of April's. Returns whether anything was due.
 */
export function catchUp(platform: Platform, now: number): boolean {
  let happened = false
  for (let due = nextDue(platform); due && due.at <= now; due = nextDue(platform)) {
    due.run()
    happened = true
  }
  return happened
}

/** Returns when the next renewal or retry is due, or Infinity if there is none. */
export const nextDueAt = (platform: Platform): number => nextDue(platform)?.at ?? Infinity
