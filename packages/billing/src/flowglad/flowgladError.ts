import { APIError } from '@flowglad/node'
import { z } from 'zod'

const errorBody = z.object({ error: z.unknown(), code: z.string() })

/**
 * Returns Flowglad's own error, if Flowglad rejected the request. Most of these errors have status 500.
 * Returns null for failures that don't depend on the request: no connection, a timeout, a proxy's error page,
 * a rejected API key or too many requests.
 */
export function flowgladError(error: unknown): { status: number; message: string } | null {
  if (!(error instanceof APIError) || error.status === undefined) return null
  if ([401, 403, 408, 429, 502, 503, 504].includes(error.status)) return null
  const body = errorBody.safeParse(error.error)
  if (!body.success) return null
  const text = body.data.error
  return { status: error.status, message: typeof text === 'string' ? text : JSON.stringify(text) }
}
