export { PricingError } from './pricing/PricingError.ts'
export { parsePricing } from './pricing/parsePricing.ts'
export type { PricingSetupInput } from './pricing/pricingSetup.ts'
export {
  type FlowgladLocal,
  type FlowgladLocalOptions,
  type KeyOptions,
  startFlowgladLocal,
} from './startFlowgladLocal.ts'
