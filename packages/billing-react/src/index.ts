export type { BillingClient } from './BillingClient.ts'
export { createBillingHooks } from './createBillingHooks.tsx'
export { installBalances } from './installBalances.ts'
export type { Paywall } from './paywall.ts'
