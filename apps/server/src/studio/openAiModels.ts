import { setTimeout as sleep } from 'node:timers/promises'
import type { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Env } from '../env.ts'
import { limits } from '../limits/limits.ts'
import { completionText } from './completionText.ts'
import {
  assertAllowed,
  contentDenied,
  isContentRefusal,
  type Models,
  modelUnavailable,
  type TextRequest,
} from './models.ts'
import { readBody, readBodyStart } from './readBody.ts'
import { atMost, wholeTokens } from './tokens.ts'

const images = z.object({ data: z.array(z.object({ b64_json: z.string() })).min(1) })
const denial = z.object({ error: z.object({ code: z.string().nullish(), type: z.string().nullish() }) })

const timeoutMs = 120_000
const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** Creates models that use an OpenAI-compatible endpoint. */
export function createOpenAiModels({
  baseUrl,
  apiKey,
  imageModel,
  textModel,
  latencyMs,
}: NonNullable<Env['openAi']> & { latencyMs: number }): Models {
  async function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    if (latencyMs > 0) await sleep(latencyMs)
    const deadline = AbortSignal.timeout(timeoutMs)
    const response = await fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    }).catch((error: unknown) => {
      throw modelUnavailable(error)
    })
    if (!response.ok) throw await toDenial(response)
    return response
  }

  /**
   * Requests a text. If the endpoint rejects a parameter, renames or omits it and tries again. Some models
   * accept only `max_completion_tokens`, others only `max_tokens`. Some endpoints don't support
   * `stream_options`.
   */
  async function complete({ maxTokens, ...body }: CompletionRequest, signal: AbortSignal): Promise<Response> {
    let limit = 'max_tokens'
    let options: object = { stream_options: { include_usage: true } }
    for (;;) {
      try {
        return await post('chat/completions', { ...body, ...options, [limit]: maxTokens }, signal)
      } catch (error) {
        if (limit === 'max_tokens' && rejects(error, /max_completion_tokens/)) limit = 'max_completion_tokens'
        else if ('stream_options' in options && rejects(error, /stream_options|include_usage/)) options = {}
        else throw error
      }
    }
  }

  async function* pieces(
    { prompt, maxTokens, signal }: Omit<TextRequest, 'onUsage'>,
    onUsage: (tokens: number) => void,
  ) {
    assertAllowed(prompt)
    const stop = new AbortController()
    try {
      const request: CompletionRequest = {
        model: textModel,
        stream: true,
        // Pass on the customer's limit, because the customer pays for these tokens.
        maxTokens: Math.min(maxTokens, 16_000),
        messages: [{ role: 'user', content: prompt }],
      }
      const response = await complete(request, signal ? AbortSignal.any([stop.signal, signal]) : stop.signal)
      yield* completionText(response, onUsage)
    } finally {
      // Cancel the request when the reader stops reading.
      stop.abort()
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
        // gpt-image models always return base64 and reject `response_format`.
        ...(imageModel.startsWith('gpt-image') ? {} : { response_format: 'b64_json' }),
      })
      const body = await readBody(response, limits.modelPictureBytes).catch((error: unknown) => {
        throw modelUnavailable(error)
      })
      const parsed = images.safeParse(parseJson(body))
      const file = fromBase64(parsed.data?.data[0]?.b64_json ?? '')
      if (!file || file.length < 20 || !file.subarray(0, 8).equals(pngSignature)) {
        throw modelUnavailable(parsed.error ?? new Error('The model endpoint did not return a PNG'))
      }
      // A PNG's header contains its width.
      return { file, contentType: 'image/png', size: file.readUInt32BE(16) }
    },
    async *write({ onUsage, ...request }) {
      const { maxTokens } = request
      let reportUsage = () => {}
      const text = pieces(request, (tokens) => {
        reportUsage = () => onUsage?.(Math.min(tokens, maxTokens))
      })
      yield* atMost(maxTokens, wholeTokens(text))
      // The stream has ended, so the endpoint's count has arrived if the endpoint reports one.
      reportUsage()
    },
  }
}

interface CompletionRequest {
  model: string
  stream: true
  maxTokens: number
  messages: { role: 'user'; content: string }[]
}

/** An error response from the endpoint. */
class EndpointError extends Error {
  readonly status: number
  /** The response's text. Kept out of the logged message, because the text can repeat the prompt. */
  readonly text: string
  constructor(status: number, text: string, names: (string | null | undefined)[]) {
    const known = names.filter((name) => name && /^[\w.-]{1,60}$/.test(name))
    super(`The model endpoint returned ${status}${known.length > 0 ? ` (${known.join(', ')})` : ''}`)
    this.status = status
    this.text = text
  }
}

/** Returns whether the endpoint rejected the request with a message that names the parameter. */
function rejects(error: unknown, parameter: RegExp) {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof EndpointError && [400, 422].includes(cause.status) && parameter.test(cause.text)
}

async function toDenial(response: Response): Promise<TRPCError> {
  const text = await readBodyStart(response, limits.modelErrorBytes).catch(() => '')
  const { code, type } = denial.safeParse(parseJson(text)).data?.error ?? {}
  const cause = new EndpointError(response.status, text, [code, type])
  const reason = `${code ?? ''} ${type ?? ''}`
  return isContentRefusal(reason) ? contentDenied(cause) : modelUnavailable(cause)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * Decodes base64. Returns null if the text is invalid. zod's base64 check needs a lot of memory for a long
 * text.
 */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  // `Buffer.from` skips invalid characters, so an invalid text gives too few bytes.
  return bytes.length === Buffer.byteLength(text, 'base64') ? bytes : null
}
