import { isRecord } from '../rules/isRecord.ts'
import { withFileDefaults } from './fileDefaults.ts'
import { fromOlderShape, usageProduct } from './olderShape.ts'
import { PricingError } from './PricingError.ts'
import { readYaml } from './pricingLines.ts'
import { type PricingSetup, pricingSetup } from './pricingSetup.ts'
import { type Finding, isSamePath, type Path, schemaFindings } from './schemaFindings.ts'
import { brokenRules } from './setupRules.ts'

/**
 * Parses a pricing file (YAML or JSON) in Flowglad's current or older setup format.
 * @param source the file's name in error messages
 * @throws PricingError with the line of each mistake
 */
export function parsePricing(text: string, source = 'pricing'): PricingSetup {
  const { value, lineAt } = readYaml(text, source)
  return checkPricing(value, source, lineAt)
}

/**
 * The setups that `checkPricing` has already returned. Checks are slow, and many keys can share one setup.
 */
const checked = new WeakMap<object, PricingSetup>()

/**
 * Checks a setup in either format, whether it comes from a file or from code.
 * @throws PricingError
 */
export function checkPricing(
  given: unknown,
  source = 'pricing',
  lineAt: (path: Path) => number | null = () => null,
): PricingSetup {
  if (!isRecord(given))
    throw new PricingError(source, [
      { line: lineAt([]), message: 'must contain features, products and usageMeters' },
    ])
  const known = checked.get(given)
  if (known) return known
  const { value, originOf, usageProducts, findings: olderFindings } = fromOlderShape(given)
  const setup = withFileDefaults(value)
  const findings = [
    ...schemaFindings(pricingSetup, setup).map(({ path, message }) => ({ path: originOf(path), message })),
    ...usageProducts.flatMap(({ entry, at }) =>
      schemaFindings(usageProduct, entry).map(({ path, message }) => ({ path: [...at, ...path], message })),
    ),
    ...olderFindings,
    ...brokenRules(setup).map(({ path, message }) => ({ path: originOf(path), message })),
  ]
  if (findings.length === 0) {
    const valid = pricingSetup.parse(setup)
    checked.set(valid, valid)
    return valid
  }
  const located = findings
    .filter(({ path }, i) => findings.findIndex((finding) => isSamePath(finding.path, path)) === i)
    .map(({ path, message }: Finding) => ({
      line: lineAt(path),
      message: `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    }))
  throw new PricingError(
    source,
    located.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
  )
}
