export type {
  BalanceRow,
  BalanceStatus,
  BalancesAnswer,
  ChargeRow,
  OveragePrice,
  PlanChange,
  PlanOffer,
  PlanSummary,
  RefreshedBalances,
  UsageDay,
} from '../contract/balances.ts'
export type { Denial, DenialCode, ShortMeter } from '../contract/denials.ts'
export { newestBalances } from '../contract/newestBalances.ts'
export { balancesLink } from './balancesLink.ts'
export { billingDenial } from './billingDenial.ts'
export { idempotencyLink, keyHeaders, keyHeadersAs } from './idempotencyLink.ts'
