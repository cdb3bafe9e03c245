export type { Refusal, RefusalCode, ShortMeter } from '../refusals.ts'
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
export { billingRefusal } from './billingRefusal.ts'
export { idempotencyLink, keyHeaders, keyHeadersAs } from './idempotencyLink.ts'
export { newestBalances } from './newestBalances.ts'
