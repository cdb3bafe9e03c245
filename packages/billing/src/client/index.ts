export type { Denial, DenialCode, ShortMeter } from '../denials.ts'
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
} from './balances.ts'
export { balancesLink } from './balancesLink.ts'
export { billingDenial } from './billingDenial.ts'
export { idempotencyLink, keyHeaders, keyHeadersAs } from './idempotencyLink.ts'
export { newestBalances } from './newestBalances.ts'
