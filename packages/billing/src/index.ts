export { type Billing, type BillingSetup, createBilling } from './billing.ts'
export type { Clock } from './clock.ts'
export type { Customer } from './customer.ts'
export type { Denial, DenialCode, ShortMeter } from './denials.ts'
export {
  BillingError,
  InsufficientCreditsError,
  InvalidAmountError,
  PlanChangeError,
  UnserializableResultError,
} from './errors.ts'
export { billingErrorReply, sendBillingError } from './fastify/billingErrorReply.ts'
export { billingRoutes } from './fastify/billingRoutes.ts'
export type { BillingRoutesOptions } from './fastify/billingRoutesOptions.ts'
export type { FlowgladSettings } from './flowglad/flowgladClient.ts'
export type { Health } from './health.ts'
export { LedgerUnavailableError } from './ledger/errors.ts'
export type { Ledger } from './ledger/ledger.ts'
export { postgresLedger } from './ledger/stores/postgres/postgresLedger.ts'
export { sqliteLedger } from './ledger/stores/sqlite/sqliteLedger.ts'
export { defineMeters, type MeterOf, type MeterPolicy, type Meters } from './meters.ts'
export { type BillingOptions, defaultOptions } from './options.ts'
export type { MeterCall, MeterRun } from './runMetered.ts'
export type { MeterCost, Usage } from './spend.ts'
