export { PricingError, parsePricing } from './pricing/parsePricing.ts'
export type { PricingSetupInput } from './pricing/pricingSetup.ts'
export { type FlowgladLocal, type FlowgladLocalOptions, startFlowgladLocal } from './startFlowgladLocal.ts'
