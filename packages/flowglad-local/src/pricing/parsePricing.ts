import { type Document, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { withFileDefaults } from './fileDefaults.ts'
import { fromOlderShape } from './olderShape.ts'
import { type PricingSetup, pricingSetup } from './pricingSetup.ts'

/** Reports the mistakes in a pricing file with their line numbers. */
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
 * Parses a pricing file (YAML or JSON) in Flowglad's current or older setup format.
 * @param source the file's name in error messages
 * @throws PricingError with the line of each mistake
 */
export function parsePricing(text: string, source = 'pricing'): PricingSetup {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw new PricingError(
      source,
      document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        message:
          error.code === 'MULTIPLE_DOCS'
            ? 'a pricing file must contain one document, but a second document starts here'
            : (error.message.split(/ at line |\n/)[0] ?? ''),
      })),
    )
  return checkPricing(readValue(document, lines, source), source, (path) => lineOf(document, lines, path))
}

/** Returns the document's value. Throws if an alias is undefined or expands without limit. */
function readValue(document: Document, lines: LineCounter, source: string): unknown {
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document))
        throw new PricingError(source, [
          {
            line: lines.linePos(alias.range?.[0] ?? 0).line,
            message: `there is no anchor &${alias.source} before this alias`,
          },
        ])
    },
  })
  try {
    return document.toJS()
  } catch (error) {
    throw new PricingError(source, [
      { line: null, message: error instanceof Error ? error.message : String(error) },
    ])
  }
}

/**
 * Checks a setup in either format, whether it comes from a file or from code.
 * @throws PricingError
 */
export function checkPricing(
  given: unknown,
  source = 'pricing',
  lineAt: (path: readonly PropertyKey[]) => number | null = () => null,
): PricingSetup {
  if (!isGroup(given) || Array.isArray(given))
    throw new PricingError(source, [
      { line: lineAt([]), message: 'must contain features, products and usageMeters' },
    ])
  const { value, originOf } = fromOlderShape(given)
  const parsed = pricingSetup.safeParse(withFileDefaults(value))
  const findings: readonly Finding[] = parsed.success
    ? referenceErrors(parsed.data)
    : parsed.error.issues.map((issue) => toFinding(issue, value))
  if (parsed.success && findings.length === 0) return parsed.data
  throw new PricingError(
    source,
    findings.map(({ path, message }) => {
      const origin = originOf(path)
      return {
        line: lineAt(origin),
        message: `${origin.length > 0 ? `${origin.join('.')}: ` : ''}${message}${suggestion(value, path)}`,
      }
    }),
  )
}

const kinds: Record<string, string> = {
  array: 'a list',
  object: 'a group of fields',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** For a union, returns the issue of its first option. */
function firstOption(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  const first = issue.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined
  return first ? { ...first, path: [...issue.path, ...first.path] } : issue
}

/** Describes an issue for the file's author. */
function toFinding(issue: z.core.$ZodIssue, setup: unknown): Finding {
  const first = firstOption(issue)
  const { path } = first
  const needed = expectedValue(first, issue.code === 'invalid_union')
  if (needed === undefined) return first
  const given = valueAt(setup, path)
  if (given === undefined) return { path, message: `is missing, and must be ${needed}` }
  const shown = JSON.stringify(given)
  return { path, message: `must be ${needed}, not ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}` }
}

function expectedValue(issue: z.core.$ZodIssue, orZero: boolean): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? `"${String(issue.values[0])}"` : `one of ${issue.values.join(', ')}`
    case 'too_small':
      if (issue.origin !== 'number' && issue.origin !== 'int') return undefined
      return issue.inclusive || orZero ? `${issue.minimum} or more` : `more than ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int' ? `${issue.maximum} or less` : undefined
    default:
      return undefined
  }
}

/** Suggests an existing key that might be a misspelling of the missing key. */
function suggestion(setup: unknown, path: readonly PropertyKey[]): string {
  const parent = valueAt(setup, path.slice(0, -1))
  const wanted = path.at(-1)
  if (typeof wanted !== 'string' || !isGroup(parent) || wanted in parent) return ''
  const close = Object.keys(parent).find((key) => isTypo(key.toLowerCase(), wanted.toLowerCase()))
  return close === undefined ? '' : `. Did you mean "${close}"?`
}

function valueAt(setup: unknown, path: readonly PropertyKey[]): unknown {
  let value = setup
  for (const key of path) value = isGroup(value) ? value[String(key)] : undefined
  return value
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Returns whether two names are equal except for at most two adjacent letters. */
function isTypo(typed: string, wanted: string): boolean {
  if (typed === wanted) return true
  const length = Math.min(typed.length, wanted.length)
  let before = 0
  while (before < length && typed[before] === wanted[before]) before++
  let after = 0
  while (after < length - before && typed.at(-1 - after) === wanted.at(-1 - after)) after++
  return Math.max(typed.length, wanted.length) - before - after <= 2 && length > 3
}

/** Returns the line of the deepest existing node on the path. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return lines.linePos(Number(node.range[0])).line
  }
  return null
}

/**
 * Returns all errors that involve several parts of the setup. Unlike the API, doesn't stop at the first
 * error, so that the author of a pricing file can fix them all at once.
 */
function referenceErrors(setup: PricingSetup): Finding[] {
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
    if (!price.slug) findings.push({ path: ['products', i, 'price'], message: 'a price must have a slug' })
    if (product.default && price.unitPrice !== 0)
      findings.push({
        path: ['products', i, 'price', 'unitPrice'],
        message: 'the default product must be free, because every new customer gets it',
      })
    if (product.default && price.type === 'subscription' && price.trialPeriodDays)
      findings.push({
        path: ['products', i, 'price', 'trialPeriodDays'],
        message: 'the default product cannot have a trial',
      })
  }
  return findings
}
