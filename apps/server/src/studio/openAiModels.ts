import { setTimeout as sleep } from 'node:timers/promises'
import type { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Env } from '../env.ts'
import { isPng } from './art/png.ts'
import {
  assertAllowed,
  contentRefused,
  type Models,
  modelUnavailable,
  type TextRequest,
  textBrokenOff,
} from './models.ts'
import { atMost, wholeTokens } from './tokens.ts'

const images = z.object({ data: z.array(z.object({ b64_json: z.base64() })).min(1) })
const completionPiece = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })),
})
const denial = z.object({ error: z.object({ code: z.string().nullish(), type: z.string().nullish() }) })

const answerWithinMs = 120_000

/** Pictures and texts from an endpoint that speaks as OpenAI's does. */
export function createOpenAiModels({
  baseUrl,
  apiKey,
  imageModel,
  textModel,
  latencyMs,
}: NonNullable<Env['openAi']> & { latencyMs: number }): Models {
  async function post(path: string, body: object, leave?: AbortSignal): Promise<Response> {
    if (latencyMs > 0) await sleep(latencyMs)
    const deadline = AbortSignal.timeout(answerWithinMs)
    const response = await fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      body: JSON.stringify(body),
      signal: leave ? AbortSignal.any([leave, deadline]) : deadline,
    }).catch((error: unknown) => {
      throw modelUnavailable(error)
    })
    if (!response.ok) throw await toDenial(response)
    return response
  }

  async function* pieces({ prompt, maxTokens, signal }: TextRequest) {
    assertAllowed(prompt)
    const leave = new AbortController()
    try {
      const request = {
        model: textModel,
        stream: true,
        // A word of ours is at least one token of theirs; twice as many leave room for most languages.
        max_tokens: Math.min(maxTokens * 2, 16_000),
        messages: [{ role: 'user', content: prompt }],
      }
      const { body } = await post(
        'chat/completions',
        request,
        signal ? AbortSignal.any([leave.signal, signal]) : leave.signal,
      )
      if (body) yield* serverSentEvents(body)
    } finally {
      // Who stops reading stops the model as well.
      leave.abort()
    }
  }

  return {
    async paint({ prompt, hd }) {
      assertAllowed(prompt)
      const response = await post('images/generations', {
        model: imageModel,
        prompt,
        n: 1,
        size: '1024x1024',
        ...(hd ? { quality: imageModel.startsWith('gpt-image') ? 'high' : 'hd' } : {}),
        // gpt-image models always answer so, and refuse to be asked.
        ...(imageModel.startsWith('gpt-image') ? {} : { response_format: 'b64_json' }),
      })
      const parsed = images.safeParse(await response.json().catch(() => null))
      const png = Buffer.from(parsed.data?.data[0]?.b64_json ?? '', 'base64')
      if (!isPng(png)) throw modelUnavailable(parsed.error ?? new Error('the endpoint sent no PNG'))
      return { png, size: png.readUInt32BE(16) }
    },
    write: (order) => atMost(order.maxTokens, wholeTokens(pieces(order))),
  }
}

/** The texts within a stream of `data: {…}` lines, until `data: [DONE]`. */
async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let begun = false
  try {
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const data = line.startsWith('data:') ? line.slice(5).trim() : ''
        if (data === '[DONE]') return
        if (!data) continue
        const text = completionPiece.parse(JSON.parse(data)).choices[0]?.delta.content ?? ''
        begun ||= text !== ''
        yield text
      }
    }
  } catch (error) {
    throw begun ? textBrokenOff(error) : modelUnavailable(error)
  }
}

async function toDenial(response: Response): Promise<TRPCError> {
  const text = await response.text().catch(() => '')
  const cause = new Error(`the model's endpoint answered ${response.status}: ${text.slice(0, 500)}`)
  const parsed = denial.safeParse(parseJson(text))
  const reason = `${parsed.data?.error.code ?? ''} ${parsed.data?.error.type ?? ''}`
  return /content_policy|content_filter|moderation/.test(reason)
    ? contentRefused(cause)
    : modelUnavailable(cause)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
