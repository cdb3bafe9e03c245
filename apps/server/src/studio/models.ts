import { TRPCError } from '@trpc/server'

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

/**
 * What makes pictures and texts. Refuses with `contentRefused`, fails with `modelUnavailable`: neither costs the user anything. A text that has begun fails with `textBrokenOff`.
 */
export interface Models {
  /** A PNG and its width and height in pixels. */
  paint(request: PictureRequest): Promise<{ png: Uint8Array; size: number }>
  /** A text, one token after the other. */
  write(request: TextRequest): AsyncIterable<string>
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

/** What has come of it has been counted. */
export const textBrokenOff = (cause?: unknown) =>
  new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The model broke off. Only what it had written until then was charged.',
    cause,
  })
