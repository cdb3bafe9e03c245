import { z } from 'zod'
import { modelUnavailable, textInterrupted } from './models.ts'

/** An event of a streamed chat completion. Events without choices, such as the provider's usage, have no text. */
const event = z.object({
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
})

/**
 * Yields the text of a streamed chat completion. Skips events that it doesn't know. Throws `modelUnavailable` if
 * the completion fails before its first text, and `textInterrupted` if it fails later. A completion that ends
 * without a finish reason and without `[DONE]` has failed: the endpoint broke off, or answered with an error.
 */
export async function* completionText(response: Response): AsyncGenerator<string> {
  let started = false
  let finished = false
  try {
    for await (const data of dataLines(response.body)) {
      if (data === '[DONE]') return
      const { data: known } = event.safeParse(parse(data))
      if (!known) continue
      if (known.error) throw new Error(`The model endpoint sent an error: ${data.slice(0, 500)}`)
      const [choice] = known.choices ?? []
      const text = choice?.delta?.content ?? ''
      started ||= text !== ''
      if (text !== '') yield text
      if (choice?.finish_reason === 'error')
        throw new Error('The model endpoint reported an error as the finish reason')
      finished ||= !!choice?.finish_reason
    }
    if (!finished) throw new Error('The model endpoint ended the text before it was finished')
  } catch (error) {
    throw started ? textInterrupted(error) : modelUnavailable(error)
  }
}

/** Yields the content of each `data:` line. */
async function* dataLines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body ?? []) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim()
  }
  if (rest.startsWith('data:')) yield rest.slice(5).trim()
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}
