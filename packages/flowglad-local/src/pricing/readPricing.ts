import { isRecord } from '../rules/isRecord.ts'
import { fromOlderShape } from './olderShape.ts'
import { checkPricing } from './parsePricing.ts'
import { readYaml } from './pricingLines.ts'
import type { PricingSetup } from './pricingSetup.ts'

/** A pricing file's setup, and the lines of its fields. */
export interface PricingFile {
  setup: PricingSetup
  /**
   * Returns the place of the field with this path in `setup`, such as `pricing.yaml:14:
   * products.3.price.unitPrice`.
   */
  placeOf(path: readonly (string | number)[]): string
  /** Returns whether the file contains the field. `setup` also contains defaults for fields that the file omits. */
  isGiven(path: readonly (string | number)[]): boolean
}

/**
 * Parses a pricing file like `parsePricing`. The result can also return each field's place in the file.
 * @throws PricingError with the line of each mistake
 */
export function readPricing(text: string, source = 'pricing'): PricingFile {
  const { value, lineAt } = readYaml(text, source)
  const setup = checkPricing(value, source, lineAt)
  const { originOf } = fromOlderShape(value)
  return {
    setup,
    placeOf(path) {
      const origin = originOf([...path])
      const line = lineAt(origin)
      return `${source}${line === null ? '' : `:${line}`}: ${origin.join('.')}`
    },
    isGiven(path) {
      let field = value
      for (const key of originOf([...path])) {
        if (!isRecord(field) && !Array.isArray(field)) return false
        field = Object.entries(field).find(([name]) => name === String(key))?.[1]
      }
      return field !== undefined
    },
  }
}
