import { z } from 'zod'
import { limits } from '../limits/limits.ts'
import { eventData } from './eventData.ts'
import { contentDenied, isContentRefusal, modelUnavailable, textInterrupted } from './models.ts'
import { readBodyStart } from './readBody.ts'

/** The fields that this module reads from the events of a streamed chat completion. */
const event = z.object({
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish()
    .catch(null),
  // Ignore 0, which some endpoints report instead of omitting the count.
  usage: z.object({ completion_tokens: z.int32().positive() }).nullish().catch(null),
})

/**
 * Yields the text of a streamed chat completion. Skips unknown events. If the completion fails before the
 * first text, throws `contentDenied` for a refused prompt and `modelUnavailable` otherwise. If the completion
 * fails in the middle of the text, throws `textInterrupted`. A completion that ends without a finish reason has
 * failed, unless text and `[DONE]` have arrived. At the end of a complete text, calls `onUsage` with the
 * endpoint's token count if the endpoint has sent one.
 */
export async function* completionText(
  response: Response,
  onUsage: (tokens: number) => void,
): AsyncGenerator<string> {
  let started = false
  let finished = false
  let tokens: number | null = null
  try {
    // Some endpoints respond to a stream request with a JSON error and status 200.
    if (response.headers.get('content-type')?.includes('application/json')) {
      throw new Error(`The model endpoint sent no stream: ${await readBodyStart(response, 500)}`)
    }
    for await (const data of eventData(response.body, limits.modelEventLength)) {
      if (data === '[DONE]') {
        finished ||= started
        break
      }
      const { data: known } = event.safeParse(parse(data))
      if (!known) continue
      if (known.error) throw new Error(`The model endpoint sent an error: ${data.slice(0, 500)}`)
      const [choice] = known.choices ?? []
      const text = choice?.delta?.content ?? ''
      if (text !== '') {
        started = true
        // Forget an earlier count, because it doesn't include this text.
        tokens = null
        yield text
      }
      tokens = known.usage?.completion_tokens ?? tokens
      const reason = choice?.finish_reason
      if (reason === 'error' || reason === 'content_filter') {
        throw new Error(`The model endpoint ended the text with the finish reason ${reason}`)
      }
      finished ||= !!reason
    }
    if (!finished) throw new Error('The model endpoint ended the stream before the text was complete')
  } catch (error) {
    // If the text is already complete, only the token count is missing, so ignore the error.
    if (!finished) throw started ? textInterrupted(error) : failureOf(error)
  }
  if (started && tokens !== null) onUsage(tokens)
}

const failureOf = (error: unknown) =>
  isContentRefusal(String(error)) ? contentDenied(error) : modelUnavailable(error)

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
