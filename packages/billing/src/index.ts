export type { BillingSetup } from './billingSetup.ts'
export type { Clock } from './config/clock.ts'
export { type BillingOptions, defaultOptions } from './config/options.ts'
export { redactText } from './config/redactText.ts'
export { SetupError } from './config/setupError.ts'
export type { Alert, AlertBudget, CustomerAlert } from './contract/alerts.ts'
export type {
  BalanceRow,
  BalanceStatus,
  BalancesAnswer,
  RefreshedBalances,
} from './contract/balances.ts'
export { balancesHeader } from './contract/balancesHeader.ts'
export { billingDenial } from './contract/billingDenial.ts'
export type {
  Budget,
  BudgetInput,
  BudgetMode,
  BudgetScope,
  BudgetSource,
  BudgetWindow,
} from './contract/budgets.ts'
export type { ChargeRow, UsageByValue, UsageDay, UsageQuery, UsageRange } from './contract/charges.ts'
export type { Customer, KnownCustomer } from './contract/customer.ts'
export { denialStatuses } from './contract/denialStatuses.ts'
export type { Denial, DenialCode, ShortMeter } from './contract/denials.ts'
export type { Labels, OnlyNames } from './contract/dimensions.ts'
export {
  BillingError,
  BudgetError,
  InsufficientCreditsError,
  InvalidAmountError,
  PlanChangeError,
  SessionEndedError,
  StreamStoppedError,
  UnserializableResultError,
} from './contract/errors.ts'
export { idempotencyKeyHeader } from './contract/keyHeader.ts'
export {
  type DimensionOf,
  defineMeters,
  type MeterOf,
  type MeterPolicy,
  type Meters,
} from './contract/meters.ts'
export type { PastDue, PastDuePolicy } from './contract/pastDue.ts'
export type { Forfeit, OveragePrice, PlanChange, PlanOffer, PlanSummary } from './contract/plans.ts'
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
} from './contract/statement.ts'
export { type Billing, createBilling } from './createBilling.ts'
export type { Alerts } from './customer/alerts.ts'
export type { Budgets } from './customer/budgets.ts'
export type { PlanBudgets } from './customer/planBudgets.ts'
export type { FlowgladSettings } from './flowglad/flowgladClient.ts'
export { billingErrorReply } from './http/billingErrorReply.ts'
export type { AdapterOptions, BillingHttp, Caller } from './http/caller.ts'
export type { Health } from './http/health.ts'
export type { RequestSource } from './http/requestSource.ts'
export type { OperateAnswer, Refusal } from './ledger/answers.ts'
export type { Violation } from './ledger/core/audit.ts'
export { LedgerUnavailableError } from './ledger/errors.ts'
export type { Ledger } from './ledger/ledger.ts'
export type { Act, ActCursor } from './ledger/reads.ts'
export type { MeterCost, Usage } from './metering/cost.ts'
export type { MeterCall, MeterRun } from './metering/meterWork.ts'
export { type ActChange, actChanges } from './operator/actChanges.ts'
export type { CustomerReport, Operator, OperatorCommand, ReportedCharge } from './operator/createOperator.ts'
export type { SessionSource } from './sessions/sessionSource.ts'
export type { ResponseParts } from './trpc/balancesMeta.ts'
export type { BillingProcedures, BillingRouter } from './trpc/billingProcedures.ts'
export type { BillingRequest, RequestedCall, RequestInfo } from './trpc/billingRequest.ts'
export type { BillingTrpc } from './trpc/billingTrpc.ts'
export type { OptionsWithDenials, OwnOptions } from './trpc/errorOptions.ts'
export type { CallOptions, MeteredMiddleware } from './trpc/meteredMiddleware.ts'
