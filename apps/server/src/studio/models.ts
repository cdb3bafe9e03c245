import { TRPCError } from '@trpc/server'
import type { Env } from '../env.ts'
import type { Renderer } from './art/renderer.ts'
import { createLocalModels } from './localModels.ts'
import { createOpenAiModels } from './openAiModels.ts'

export interface PictureRequest {
  prompt: string
  /** Which of the pictures of one generation. */
  index: number
  hd: boolean
}

export interface TextRequest {
  prompt: string
  /** See tokens.ts; a model may write less. */
  maxTokens: number
  /** The reader has left: the model stops at once, not with its next word. */
  signal?: AbortSignal | undefined
}

/** What makes pictures and texts. Refuses with `contentRefused`, fails with `modelUnavailable`: neither costs the user anything. */
export interface Models {
  /** A PNG and its width and height in pixels. */
  paint(request: PictureRequest): Promise<{ png: Uint8Array; size: number }>
  /** A text, one token after the other. */
  write(request: TextRequest): AsyncIterable<string>
}

export function createModels({
  openAi,
  studioLatencyMs: latencyMs,
  renderer,
}: Pick<Env, 'openAi' | 'studioLatencyMs'> & { renderer: Renderer }): Models {
  return openAi ? createOpenAiModels({ ...openAi, latencyMs }) : createLocalModels({ renderer, latencyMs })
}

/** The content policy of every model here, on top of whatever its maker refuses. */
export function assertAllowed(prompt: string) {
  if (/\bforbidden\b/i.test(prompt)) throw contentRefused()
}

export const contentRefused = (cause?: unknown) =>
  new TRPCError({
    code: 'UNPROCESSABLE_CONTENT',
    message: 'This prompt breaks the content policy. Nothing was charged.',
    cause,
  })

export const modelUnavailable = (cause?: unknown) =>
  new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The model is not available right now. Nothing was charged.',
    cause,
  })
