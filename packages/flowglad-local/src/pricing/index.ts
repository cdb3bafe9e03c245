export { PricingError } from './PricingError.ts'
export { parsePricing } from './parsePricing.ts'
export type { PricingSetupInput } from './pricingSetup.ts'
export { type PricingFile, readPricing } from './readPricing.ts'
