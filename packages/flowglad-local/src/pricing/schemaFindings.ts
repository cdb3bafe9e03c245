import { z } from 'zod'
import { isRecord } from '../rules/isRecord.ts'
import { nearestName } from '../rules/nearestName.ts'

export type Path = readonly PropertyKey[]

/** A mistake in a pricing file. */
export interface Finding {
  path: Path
  message: string
}

/** Returns whether two paths are the same. A list's index can be a number or a string. */
export const isSamePath = (a: Path, b: Path) =>
  a.length === b.length && a.every((key, i) => String(key) === String(b[i]))

/**
 * Returns the mistakes in a value's fields. Unlike the API, rejects unknown fields, and rejects values such
 * as `true` that JavaScript can convert to a number.
 */
export function schemaFindings(schema: z.ZodType, value: unknown): Finding[] {
  const strict = [...strictFindings(schema, value, [])]
  const parsed = schema.safeParse(value)
  // `brokenRules` checks the schema's custom rules, because zod skips them if any field is wrong.
  const issues = (parsed.error?.issues ?? [])
    .filter(({ code }) => code !== 'custom')
    .map((issue) => toFinding(issue, value))
  return [
    ...strict.map(({ path, message }) => ({ path, message })),
    ...issues.filter(
      ({ path }) =>
        !strict.some(
          (finding) => isSamePath(finding.path, path) || isSamePath(finding.instead ?? [''], path),
        ),
    ),
  ]
}

/** `instead` is the path of the field whose name was misspelled. */
type StrictFinding = Finding & { instead?: Path }

function* strictFindings(schema: unknown, value: unknown, path: Path): Generator<StrictFinding> {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    if (value !== undefined && !(value === null && schema.safeParse(null).success))
      yield* strictFindings(schema.unwrap(), value, path)
  } else if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return
    for (const [i, entry] of value.entries()) yield* strictFindings(schema.element, entry, [...path, i])
  } else if (schema instanceof z.ZodDiscriminatedUnion) {
    yield* variantFindings(schema, value, path)
  } else if (schema instanceof z.ZodUnion) {
    yield* strictFindings(schema.options[0], value, path)
  } else if (schema instanceof z.ZodObject) {
    yield* fieldFindings(schema, value, path)
  } else if (schema instanceof z.ZodNumber && !isNumeric(value)) {
    yield { path, message: `must be a number, not ${shown(value)}` }
  }
}

const isNumeric = (value: unknown) =>
  value === undefined ||
  (typeof value === 'string'
    ? value.trim() !== '' && !Number.isNaN(Number(value))
    : typeof value === 'number')

/** Checks a value's fields against the union's variant for its type. */
function* variantFindings(
  schema: z.ZodDiscriminatedUnion,
  value: unknown,
  path: Path,
): Generator<StrictFinding> {
  if (!isRecord(value)) return
  const key = schema.def.discriminator
  const variants = schema.options.filter((option) => option instanceof z.ZodObject)
  const variant = variants.find((option) => option.shape[key].safeParse(value[key]).success)
  if (variant) {
    yield* fieldFindings(variant, value, path, variants)
    return
  }
  const types = variants.flatMap((option) =>
    option.shape[key] instanceof z.ZodLiteral ? [...option.shape[key].values] : [],
  )
  const given = value[key]
  const must = `must be one of ${types.join(', ')}`
  yield {
    path: [...path, key],
    message: given === undefined ? `is missing, and ${must}` : `${must}, not ${shown(given)}`,
  }
}

/** @param variants the union's variants. A field that only another variant has must be null. */
function* fieldFindings(
  schema: z.ZodObject,
  value: unknown,
  path: Path,
  variants: readonly z.ZodObject[] = [],
): Generator<StrictFinding> {
  if (!isRecord(value)) return
  for (const [key, field] of Object.entries(value)) {
    // A setup in code can contain an undefined field. Such a field counts as absent.
    if (field === undefined) continue
    if (Object.hasOwn(schema.shape, key)) {
      yield* strictFindings(schema.shape[key], field, [...path, key])
      continue
    }
    if (variants.some((variant) => Object.hasOwn(variant.shape, key))) {
      if (field !== null)
        yield { path: [...path, key], message: `is not a field of the type "${String(value.type)}"` }
      continue
    }
    const near = nearestName(key, Object.keys(schema.shape))
    if (near === null)
      yield {
        path: [...path, key],
        message: `is not a known field. The fields here are ${Object.keys(schema.shape).join(', ')}`,
      }
    else
      yield {
        path: [...path, key],
        message: `is not a known field. Did you mean "${near}"?`,
        instead: [...path, near],
      }
  }
}

const kinds: Record<string, string> = {
  array: 'a list',
  object: 'a group of fields',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** Returns the issue or, for a union, the first issue of the first option. */
function firstOption(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  const first = issue.code === 'invalid_union' ? issue.errors[0]?.[0] : undefined
  return first ? { ...first, path: [...issue.path, ...first.path] } : issue
}

/** Converts zod's issue to a message for the author of the file. */
function toFinding(issue: z.core.$ZodIssue, setup: unknown): Finding {
  const first = firstOption(issue)
  const { path } = first
  if (first.code === 'too_small' && first.origin === 'string') return { path, message: 'must not be empty' }
  const needed = expectedValue(first, issue.code === 'invalid_union')
  if (needed === undefined) return { path, message: first.message }
  const given = valueAt(setup, path)
  if (given === undefined) return { path, message: `is missing, and must be ${needed}` }
  return { path, message: `must be ${needed}, not ${shown(given)}` }
}

/** Returns a value's text. A setup in code can contain values that JSON can't represent, such as NaN. */
function shown(value: unknown): string {
  const isJson = typeof value === 'string' || typeof value === 'object'
  const text = isJson ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
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

function valueAt(setup: unknown, path: Path): unknown {
  let value = setup
  for (const key of path)
    value = Array.isArray(value) ? value[Number(key)] : isRecord(value) ? value[String(key)] : undefined
  return value
}
