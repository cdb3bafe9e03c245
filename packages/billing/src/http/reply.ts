import { z } from 'zod'
import { ActionError } from './actionError.ts'
import { billingErrorReply } from './billingErrorReply.ts'
import type { Limited } from './caller.ts'

/**
 * Returns an error response in the shape that `@flowglad/react` expects. For a failed billing request,
 * `@flowglad/react` reads `error.message`. For any other failed request, `@flowglad/react` reads `error.code`
 * and `error.json.message`.
 */
export const fail = (status: number, code: string, message: string, detail: object = {}) =>
  Response.json({ error: { code, message, json: { message, ...detail } } }, { status })

/**
 * Returns the result of `work` as `{ data }`. If `work` fails with an error that the browser can act on,
 * returns the response for that error. Rethrows any other error.
 */
export async function replyWith(work: () => Promise<unknown>): Promise<Response> {
  try {
    return Response.json({ data: await work() })
  } catch (error) {
    if (error instanceof ActionError) {
      return fail(error.status, error.status === 403 ? 'forbidden' : 'bad_request', error.message)
    }
    if (error instanceof z.ZodError) return fail(400, 'invalid_input', z.prettifyError(error))
    const reply = failWith(error)
    if (!reply) throw error
    return reply
  }
}

/** Returns the response for one of this package's errors, or null for any other error. */
export function failWith(thrown: unknown): Response | null {
  const reply = billingErrorReply(thrown)
  if (!reply) return null
  const { error, message, ...detail } = reply.body
  return fail(reply.status, error, message, detail)
}

export function tooManyRequests({ retryAfterMs }: Limited): Response {
  const response = fail(429, 'too_many_requests', 'Too many requests. Nothing was charged.', {
    retryAfterMs,
  })
  response.headers.set('retry-after', String(Math.ceil(retryAfterMs / 1_000)))
  return response
}
