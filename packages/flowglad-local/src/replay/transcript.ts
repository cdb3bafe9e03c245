import { readFileSync } from 'node:fs'
import { z } from 'zod'

const step = z.object({
  /** A comment about the step. */
  note: z.string().default(''),
  method: z.string(),
  /**
   * The path with its query. A path below `/__ops` stands for an action outside the API, such as a payment in
   * a browser.
   */
  path: z.string().startsWith('/'),
  /** The request's JSON body. A string is sent unchanged. Null or absent if the request has no body. */
  request: z.unknown(),
  /**
   * The authorization header. Absent if the header contained only the valid key. Null if the request had no
   * header.
   */
  authorization: z.string().nullish(),
  /** The request's content type if it isn't JSON. Null if the request has no content type. */
  requestType: z.string().nullish(),
  status: z.int(),
  contentType: z.string().nullish(),
  /** The response's JSON body, or its text. */
  response: z.unknown(),
  /** When the request was sent, in epoch milliseconds. */
  at: z.int().optional(),
})

const transcript = z.array(step)

/** A request to the platform and its response. */
export type Step = z.output<typeof step>

/** The error for a file that can't be read or written, or that isn't a recorded conversation. */
export class TranscriptError extends Error {}

/**
 * Reads a recorded conversation.
 * @throws TranscriptError
 */
export function readTranscript(file: string): Step[] {
  const parsed = transcript.safeParse(readJson(file))
  if (parsed.success) return parsed.data
  throw new TranscriptError(`${file} isn't a recorded conversation:\n${z.prettifyError(parsed.error)}`)
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new TranscriptError(`Cannot read ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * Inserts the recorded response of `GET /pricing-models/default` before the conversation, so that a replay
 * can map the pricing model's IDs.
 * @param file the file with the recorded response
 * @throws TranscriptError
 */
export const withPricingModel = (steps: readonly Step[], file: string): Step[] => [
  {
    note: 'pricing model',
    method: 'GET',
    path: '/api/v1/pricing-models/default',
    request: null,
    status: 200,
    response: readJson(file),
  },
  ...steps,
]

const exported = z.object({ pricingModel: z.unknown() })

/** Returns the pricing that the recorder stored in the conversation, in the setup format, or null. */
export function recordedPricing(steps: readonly Step[]): string | null {
  const step = steps.find(({ path }) => /^\/api\/v1\/pricing-models\/[^/]+\/export$/.test(path))
  const answer = exported.safeParse(step?.response)
  if (!answer.success) return null
  // An export has null for a field without a value, but the setup format omits the field.
  return JSON.stringify(answer.data.pricingModel, (_, value) => (value === null ? undefined : value))
}
