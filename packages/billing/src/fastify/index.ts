export { type BillingRoutesOptions, billingRoutes } from './billingRoutes.ts'
export { sendBillingError } from './sendBillingError.ts'
