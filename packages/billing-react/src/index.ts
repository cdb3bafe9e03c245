export type { BillingClient, ChargesPage, MeterOf } from './BillingClient.ts'
export { type BillingProviderProps, createBillingHooks } from './createBillingHooks.tsx'
export { noticeShare, type Paywall } from './paywall.ts'
export type { BillingStatus } from './queries.ts'
