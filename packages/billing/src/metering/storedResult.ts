import { UnserializableResultError } from '../contract/errors.ts'
import { keyDenial } from './denials.ts'

/**
 * Returns a result as JSON for retries, or null if the JSON is larger than `maxBytes`. Throws an
 * `UnserializableResultError` if the result can't be serialized.
 */
export function serializeResult(output: unknown, maxBytes: number): string | null {
  try {
    const json = JSON.stringify({ output })
    return Buffer.byteLength(json) <= maxBytes ? json : null
  } catch (cause) {
    throw new UnserializableResultError('The result cannot be serialized as JSON; nothing was charged.', {
      cause,
    })
  }
}

/** Returns the stored result, or throws `ALREADY_COMPLETED` if the result wasn't stored. */
export function replayResult(result: string | null, key: string): unknown {
  if (result === null) throw keyDenial({ state: 'alreadyCompleted' }, key)
  const stored: unknown = JSON.parse(result)
  return typeof stored === 'object' && stored !== null && 'output' in stored ? stored.output : undefined
}
