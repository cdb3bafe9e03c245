import type { CurrentPlan } from '../../src/customer/currentSubscription.ts'

/** Returns a Pro subscription in the middle of its period, without scheduled changes. */
export const aSubscription = (given: Partial<CurrentPlan> = {}): CurrentPlan => ({
  id: 'sub_1',
  status: 'active',
  planName: 'Pro',
  priceSlug: 'pro_monthly',
  isFree: false,
  periodStart: 0,
  periodEnd: 1_000,
  cancelScheduledAt: null,
  scheduledAdjustmentAt: null,
  features: [],
  isPastDue: false,
  ...given,
})
