import type { Subscription } from '../../src/customer/currentSubscription.ts'

/** A subscription to Pro in the middle of its period, with nothing scheduled. */
export const aSubscription = (given: Partial<Subscription> = {}): Subscription => ({
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
  ...given,
})
