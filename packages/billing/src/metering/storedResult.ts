import { UnserializableResultError } from '../contract/errors.ts'
import { keyDenial } from './denials.ts'

/**
 * Converts values that JSON can't represent, such as dates, to JSON values and back. An app's data
 * transformer is a codec.
 */
export interface Codec {
  serialize(value: unknown): unknown
  deserialize(value: unknown): unknown
}

/** Returns the value as JSON. Throws if the value can't be serialized. */
export const toJson = (value: unknown, codec?: Codec): string =>
  JSON.stringify({ output: codec ? codec.serialize(value) : value })

/**
 * Returns a result as JSON for retries, or null if the JSON is larger than `maxBytes`. Throws an
 * `UnserializableResultError` if the result can't be serialized.
 */
export function serializeResult(output: unknown, maxBytes: number, codec?: Codec): string | null {
  try {
    const json = toJson(output, codec)
    return Buffer.byteLength(json) <= maxBytes ? json : null
  } catch (cause) {
    throw new UnserializableResultError('The result cannot be serialized. Nothing was charged.', {
      cause,
    })
  }
}

/** Returns the stored result, or throws `ALREADY_COMPLETED` if the result wasn't stored. */
export function replayResult(result: string | null, key: string, codec?: Codec): unknown {
  if (result === null) throw keyDenial({ state: 'alreadyCompleted' }, key)
  const stored: unknown = JSON.parse(result)
  const output =
    typeof stored === 'object' && stored !== null && 'output' in stored ? stored.output : undefined
  return codec ? codec.deserialize(output) : output
}
