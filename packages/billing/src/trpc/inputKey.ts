import { keyProperty } from '../contract/keyFormat.ts'
import { isPlainObject } from '../metering/asyncShapes.ts'
import { parseKey } from '../metering/key.ts'

/**
 * Returns the key in a raw input, or null if the input has no key. Throws `KEY_INVALID` if the key is
 * malformed.
 */
export function keyIn(rawInput: unknown): string | null {
  if (!hasKey(rawInput)) return null
  const key = rawInput[keyProperty]
  return parseKey(typeof key === 'string' ? key : '')
}

/**
 * Returns the raw input without its key. An empty object and `undefined` both become `undefined`, because a
 * client sends both as an object that contains only the key.
 */
export function withoutKey(rawInput: unknown): unknown {
  const input = hasKey(rawInput) ? omitKey(rawInput) : rawInput
  return isPlainObject(input) && Object.keys(input).length === 0 ? undefined : input
}

const omitKey = ({ [keyProperty]: _, ...input }: { [keyProperty]: unknown }) => input

const hasKey = (rawInput: unknown): rawInput is { [keyProperty]: unknown } =>
  typeof rawInput === 'object' &&
  rawInput !== null &&
  keyProperty in rawInput &&
  rawInput[keyProperty] !== undefined
