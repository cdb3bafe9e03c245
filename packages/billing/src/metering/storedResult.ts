import { deserialize, serialize } from 'node:v8'
import { z } from 'zod'
import { UnserializableResultError } from '../contract/errors.ts'
import { keyDenial } from './denials.ts'
import { carriesExactly } from './exactValue.ts'

/**
 * Converts values that JSON can't represent, such as dates, to JSON values and back. An app's data
 * transformer is a codec.
 */
export interface Codec {
  serialize(value: unknown): unknown
  deserialize(value: unknown): unknown
}

/** How a call's output reaches its caller. */
interface Delivery {
  /** Whether the output stays in this process. */
  inProcess: boolean
  /**
   * The app's transformer. Undefined if the app has no transformer, or hasn't passed it to
   * `billing.trpc.options`.
   */
  codec?: Codec | undefined
}

/**
 * The stored form of a result, which the ledger keeps as JSON. If no property is set, the output is
 * undefined.
 */
const storedResult = z.strictObject({
  /** The output, if JSON represents it exactly. */
  json: z.unknown().optional(),
  /**
   * The output in V8's serialization format, in base64. This form preserves dates, maps, bytes, `undefined`
   * and `NaN`.
   */
  data: z.string().optional(),
  /** The output as the transformer serializes it, if the output contains class instances. */
  sent: z.unknown().optional(),
})

/** Returns the value as JSON. Throws if the value can't be serialized. */
export const toJson = (value: unknown, codec?: Codec): string =>
  JSON.stringify(codec ? codec.serialize(value) : value) ?? ''

/** Throws an `UnserializableResultError` if the client can't receive the output. */
export function assertSerializable(output: unknown, codec?: Codec): void {
  try {
    toJson(output, codec)
  } catch (cause) {
    const advice = codec
      ? ''
      : ' If the app has a data transformer, pass it to billing.trpc.options({ transformer }).'
    throw new UnserializableResultError(`The result cannot be serialized. Nothing was charged.${advice}`, {
      cause,
    })
  }
}

/**
 * Returns an output in the form that is stored for retries. Returns null if a retry could get a different
 * value, or if the stored form is larger than `maxBytes`. `plain` is true if JSON represents the output
 * exactly (see `isJson`).
 */
export function storeResult(
  output: unknown,
  { plain, maxBytes, ...delivery }: Delivery & { plain: boolean; maxBytes: number },
): string | null {
  const stored = plain
    ? JSON.stringify({ json: output })
    : (asData(output, maxBytes) ?? asSent(output, delivery))
  return stored !== null && Buffer.byteLength(stored) <= maxBytes ? stored : null
}

function asData(output: unknown, maxBytes: number): string | null {
  try {
    const data = serialize(output)
    return data.byteLength <= maxBytes && carriesExactly(output, deserialize(data))
      ? JSON.stringify({ data: data.toString('base64') })
      : null
  } catch {
    // V8 can't serialize the output, for example because it contains a function or a promise.
    return null
  }
}

/**
 * Returns the output as the transformer serializes it, or null if the transformer doesn't restore it exactly.
 * Also returns null for a caller in this process, because the transformer might lose part of a class
 * instance, such as its private fields.
 */
function asSent(output: unknown, { codec, inProcess }: Delivery): string | null {
  if (inProcess || !codec) return null
  try {
    const sent = toJson(output, codec)
    return toJson(codec.deserialize(JSON.parse(sent)), codec) === sent ? `{"sent":${sent}}` : null
  } catch {
    return null
  }
}

/**
 * Returns the stored result. Throws `ALREADY_COMPLETED` if no result is stored, or if the stored form can't
 * be restored for this delivery.
 */
export function replayResult(result: string | null, key: string, { codec, inProcess }: Delivery): unknown {
  const completed = () => keyDenial({ state: 'alreadyCompleted' }, key)
  if (result === null) throw completed()
  const parsed = storedResult.safeParse(JSON.parse(result))
  if (!parsed.success) throw completed()
  const { json, data, sent } = parsed.data
  try {
    if (data !== undefined) return deserialize(Buffer.from(data, 'base64'))
    if (sent === undefined) return json
    if (codec && !inProcess) return codec.deserialize(sent)
  } catch {
    // A newer version of Node, or a different transformer, may have written the data.
  }
  throw completed()
}
