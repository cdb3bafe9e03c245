export type { Alert, AlertBudget, CustomerAlert } from '../contract/alerts.ts'
export type {
  BalanceRow,
  BalanceStatus,
  BalancesAnswer,
  RefreshedBalances,
} from '../contract/balances.ts'
export { balancesHeader } from '../contract/balancesHeader.ts'
export { billingDenial } from '../contract/billingDenial.ts'
export type {
  Budget,
  BudgetInput,
  BudgetMode,
  BudgetScope,
  BudgetSource,
  BudgetWindow,
} from '../contract/budgets.ts'
export type { ChargeRow, UsageByValue, UsageDay, UsageQuery, UsageRange } from '../contract/charges.ts'
export { denialStatuses } from '../contract/denialStatuses.ts'
export type { Denial, DenialCode, ShortMeter } from '../contract/denials.ts'
export { forfeitsOf } from '../contract/forfeits.ts'
export { idempotencyKeyHeader } from '../contract/keyHeader.ts'
export type { PastDue } from '../contract/pastDue.ts'
export type { Forfeit, OveragePrice, PlanChange, PlanOffer, PlanSummary } from '../contract/plans.ts'
export type {
  BillingStatement,
  ChangePreview,
  Charge,
  NextInvoice,
  OverageCharge,
  OverdueAmount,
  PackUnits,
  PaymentItem,
  PaymentMethodSummary,
  PaymentRow,
  PlanChangeParts,
  PlanOverage,
  ProratedGrant,
} from '../contract/statement.ts'
export { type BalancesCache, installBalances, keepNewestBalances, newestInCache } from './balancesCache.ts'
export { balancesLink } from './balancesLink.ts'
export { type BillingLinksOptions, billingLinks } from './billingLinks.ts'
export { type BillingQueryKey, type BillingQueryKeys, billingQueryKeys } from './billingQueryKeys.ts'
export { cacheOwner, setCacheOwner } from './cacheOwner.ts'
export { idempotencyLink } from './idempotencyLink.ts'
export { keyHeaders, keyHeadersAs } from './keyHeaders.ts'
export { newestBalances } from './newestBalances.ts'
export { asRead, noteArrival, startRead, wasSentSince } from './readOrder.ts'
export { retryUnlessDenied } from './retryUnlessDenied.ts'
export { StreamOrder } from './streamOrder.ts'
