export type { BillingClient, MeterOf } from './BillingClient.ts'
export { createBillingHooks } from './createBillingHooks.tsx'
export { noticeShare, type Paywall } from './paywall.ts'
