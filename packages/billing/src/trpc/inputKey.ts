import { keyProperty } from '../contract/keyFormat.ts'
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

/** Returns the raw input without its key, or undefined if the input contains only a key. */
export function withoutKey(rawInput: unknown): unknown {
  if (!hasKey(rawInput)) return rawInput
  const { [keyProperty]: _, ...input } = rawInput
  return Object.keys(input).length > 0 ? input : undefined
}

const hasKey = (rawInput: unknown): rawInput is { [keyProperty]: unknown } =>
  typeof rawInput === 'object' &&
  rawInput !== null &&
  keyProperty in rawInput &&
  rawInput[keyProperty] !== undefined
