export type {
  BalanceRow,
  BalanceStatus,
  BalancesAnswer,
  RefreshedBalances,
} from '../contract/balances.ts'
export type { ChargeRow, UsageDay } from '../contract/charges.ts'
export type { Denial, DenialCode, ShortMeter } from '../contract/denials.ts'
export { newestBalances } from '../contract/newestBalances.ts'
export type { OveragePrice, PlanChange, PlanOffer, PlanSummary } from '../contract/plans.ts'
export { balancesLink } from './balancesLink.ts'
export { billingDenial } from './billingDenial.ts'
export { idempotencyLink, keyHeaders, keyHeadersAs } from './idempotencyLink.ts'
