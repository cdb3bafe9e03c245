import { type Document, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { fromOlderShape } from './olderShape.ts'
import { type PricingSetup, pricingSetup } from './pricingSetup.ts'

/** What is wrong with a pricing file, each with the line it is on. */
export class PricingError extends Error {
  constructor(
    readonly source: string,
    readonly findings: readonly { line: number | null; message: string }[],
  ) {
    super(
      findings
        .map(({ line, message }) => `${source}${line === null ? '' : `:${line}`}: ${message}`)
        .join('\n'),
    )
  }
}

type Finding = { path: readonly PropertyKey[]; message: string }

/**
 * Reads a pricing file, YAML or JSON (which is YAML too), in Flowglad's setup format or its older shape.
 * @param source what to call the file in errors
 * @throws PricingError naming the lines
 */
export function parsePricing(text: string, source = 'pricing'): PricingSetup {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw new PricingError(
      source,
      document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        message: error.message.split('\n')[0] ?? '',
      })),
    )
  return checkPricing(document.toJS(), source, (path) => lineOf(document, lines, path))
}

/**
 * The same for a value that is there already: a setup written in code, in either shape.
 * @throws PricingError
 */
export function checkPricing(
  given: unknown,
  source = 'pricing',
  lineAt: (path: readonly PropertyKey[]) => number | null = () => null,
): PricingSetup {
  const { value, originOf } = fromOlderShape(given)
  const parsed = pricingSetup.safeParse(value)
  const findings: readonly Finding[] = parsed.success
    ? brokenReferences(parsed.data)
    : parsed.error.issues.map(plainly)
  if (parsed.success && findings.length === 0) return parsed.data
  throw new PricingError(
    source,
    findings.map(({ path, message }) => {
      const origin = originOf(path)
      return {
        line: lineAt(origin),
        message: origin.length > 0 ? `${origin.join('.')}: ${message}` : message,
      }
    }),
  )
}

/** Of the ways in which a value could have been right, the first is the one to name. */
const plainly = (issue: z.core.$ZodIssue): Finding => {
  const first = (issue.code === 'invalid_union' && issue.errors[0]?.[0]) || issue
  // Whatever is missing or no number is called NaN, which says little about a file.
  const message = first.message.replace('expected number, received NaN', 'expected a number')
  return { path: first === issue ? issue.path : [...issue.path, ...first.path], message }
}

/** The line of the deepest node on the path that is there: where something is missing, of what it is missing from. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return lines.linePos(Number(node.range[0])).line
  }
  return null
}

/** Rules between parts, which the API answers one at a time and a file's author wants to hear all at once. */
function brokenReferences(setup: PricingSetup): Finding[] {
  const findings: Finding[] = []
  const features = new Set(setup.features.map((feature) => feature.slug))
  const meters = new Set(setup.usageMeters.map(({ usageMeter }) => usageMeter.slug))
  const resources = new Set((setup.resources ?? []).map((resource) => resource.slug))
  for (const [i, feature] of setup.features.entries()) {
    if (feature.type === 'usage_credit_grant' && !meters.has(feature.usageMeterSlug))
      findings.push({
        path: ['features', i, 'usageMeterSlug'],
        message: `there is no usage meter "${feature.usageMeterSlug}"`,
      })
    if (feature.type === 'resource' && !resources.has(feature.resourceSlug))
      findings.push({
        path: ['features', i, 'resourceSlug'],
        message: `there is no resource "${feature.resourceSlug}"`,
      })
  }
  const priceSlugs = new Set<string>()
  const priced = (path: readonly PropertyKey[], slug: string | null | undefined) => {
    if (slug && priceSlugs.has(slug))
      findings.push({ path: [...path, 'slug'], message: `there is another price with the slug "${slug}"` })
    if (slug) priceSlugs.add(slug)
  }
  const defaults = [...setup.products.keys()].filter((i) => setup.products[i]?.product.default)
  for (const i of defaults.slice(1))
    findings.push({
      path: ['products', i, 'product', 'default'],
      message: 'only one product can be the default',
    })
  for (const [i, { usageMeter, prices }] of setup.usageMeters.entries()) {
    let defaultThere = false
    for (const [j, price] of (prices ?? []).entries()) {
      priced(['usageMeters', i, 'prices', j], price.slug)
      if (price.isDefault && defaultThere)
        findings.push({
          path: ['usageMeters', i, 'prices', j, 'isDefault'],
          message: `only one price of the meter "${usageMeter.slug}" can be the default`,
        })
      defaultThere ||= price.isDefault
    }
  }
  for (const [i, { product, price, features: slugs }] of setup.products.entries()) {
    priced(['products', i, 'price'], price.slug)
    for (const [j, slug] of slugs.entries())
      if (!features.has(slug))
        findings.push({ path: ['products', i, 'features', j], message: `there is no feature "${slug}"` })
    if (!price.slug) findings.push({ path: ['products', i, 'price'], message: 'a price needs a slug' })
    if (product.default && price.unitPrice !== 0)
      findings.push({
        path: ['products', i, 'price', 'unitPrice'],
        message: 'the default product must cost nothing: every new customer gets it',
      })
  }
  return findings
}
