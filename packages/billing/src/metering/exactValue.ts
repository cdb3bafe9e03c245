import { isDeepStrictEqual } from 'node:util'
import { isPlainObject } from './asyncShapes.ts'

/**
 * Returns whether JSON represents the value exactly. For example, JSON loses `undefined` fields, `NaN` and
 * `Date` objects.
 */
export function isJson(value: unknown): boolean {
  return value === undefined || isJsonPart(value, 0, new Set())
}

/** The depth to which values are checked. A deeper value is treated as inexact. */
const maxDepth = 200

function isJsonPart(value: unknown, depth: number, seen: Set<unknown>): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  // JSON can't represent a cycle, and duplicates an object that occurs more than once.
  if (typeof value !== 'object' || depth > maxDepth || seen.has(value)) return false
  seen.add(value)
  if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) {
    // An array can have holes and extra properties, which JSON loses.
    return (
      Object.keys(value).length === value.length &&
      [...value].every((item) => isJsonPart(item, depth + 1, seen))
    )
  }
  if (!isPlainObject(value) || Object.getOwnPropertySymbols(value).length > 0) return false
  return Object.values(value).every((field) => isJsonPart(field, depth + 1, seen))
}

/**
 * Returns whether the copy equals the value. A plain object without a prototype, such as a row from
 * `node:sqlite`, equals a plain object with the same fields.
 */
export const carriesExactly = (value: unknown, copy: unknown): boolean => equals(value, copy, new Set())

function equals(value: unknown, copy: unknown, compared: Set<unknown>): boolean {
  const isList = Array.isArray(value) && Array.isArray(copy) && value.length === copy.length
  if (!isList && !(isPlainObject(value) && isPlainObject(copy))) return isDeepStrictEqual(value, copy)
  if (compared.has(value)) return true
  compared.add(value)
  if (Object.getOwnPropertySymbols(value).length > 0) return false
  const fields = Object.entries(value)
  const copied = new Map(Object.entries(copy))
  return (
    fields.length === copied.size &&
    fields.every(([name, field]) => copied.has(name) && equals(field, copied.get(name), compared))
  )
}
