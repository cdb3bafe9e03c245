import { TRPCError } from '@trpc/server'
import type { QueueFullError } from '../limits/fairQueue.ts'
import type { PictureRequest } from './art/paint.ts'

export type { PictureRequest }

export interface TextRequest {
  prompt: string
  /** The maximum length in tokens (see tokens.ts). */
  maxTokens: number
  /**
   * Called after the last token if the model provider reports its own token count. `tokens` is that count, from 1
   * to `maxTokens`, and the customer is charged for it. `onUsage` isn't called if the text fails or the reader
   * disconnects.
   */
  onUsage?: (tokens: number) => void
  /** Aborts when the reader disconnects or the text takes too long. The model must then stop immediately. */
  signal?: AbortSignal | undefined
}

export interface PaintedPicture {
  file: Uint8Array
  contentType: 'image/svg+xml' | 'image/png'
  /** Width and height in pixels. */
  size: number
}

/**
 * Generates pictures and texts. A failure before any output throws `contentDenied` or `modelUnavailable`, and
 * nothing is charged. A text that fails after its first token throws `textInterrupted`.
 */
export interface Models {
  paint(request: PictureRequest): Promise<PaintedPicture>
  /** Yields one token at a time. */
  write(request: TextRequest): AsyncIterable<string>
}

/** Enforces our content policy, which applies in addition to the model provider's policy. */
export function assertAllowed(prompt: string) {
  if (/\bforbidden\b/i.test(prompt)) throw contentDenied()
}

/**
 * Returns whether a provider's error code, error type or finish reason means that the provider refuses the
 * content.
 */
export const isContentRefusal = (reason: string) => /content_policy|content_filter|moderation/.test(reason)

export const contentDenied = (cause?: unknown) =>
  new TRPCError({
    code: 'UNPROCESSABLE_CONTENT',
    message: 'This prompt is against our content policy. Nothing was charged. Try different words.',
    cause,
  })

export const modelUnavailable = (cause?: unknown) =>
  new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The model is not available right now. Nothing was charged. Try again in a moment.',
    cause,
  })

export const modelBusy = (cause: QueueFullError) =>
  new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'Studio is busy right now. Nothing was charged. Try again in a few seconds.',
    cause,
  })

/** The error for a caller that has disconnected. Unlike an internal error, this error isn't logged. */
export const callerLeft = (cause: unknown) =>
  new TRPCError({ code: 'CLIENT_CLOSED_REQUEST', message: 'The caller closed the connection.', cause })

/**
 * The error for an interrupted text. The message doesn't say "Nothing was charged", because the received
 * tokens are charged.
 */
export const textInterrupted = (cause?: unknown) =>
  new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The text was interrupted. You were charged only for the words that you received.',
    cause,
  })
