import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterOptions, BillingHttp } from '../http/caller.ts'
import { maxBodyBytes } from '../http/readBody.ts'
import { toRequest } from '../http/toRequest.ts'

export interface BillingHandlerOptions<Req extends IncomingMessage = IncomingMessage>
  extends AdapterOptions<Req> {
  /**
   * Called with an unexpected error if there is no `next`. The client receives a 500 response. Default:
   * `console.error`.
   */
  onError?: (error: unknown) => void
}

/**
 * Returns a handler with Node's `(request, response)` signature, for plain `http`, Connect and Express. If
 * billing doesn't serve the path, the handler calls `next`. Without `next`, the handler returns 404.
 *
 *     express().use(billingHandler(billing, { customer: (request) => request.user ?? null }))
 *     http.createServer(billingHandler(billing, { customer: (request) => sessionOf(request)?.user ?? null }))
 *
 * Mount the handler before body parsers such as `express.json()`. The webhook's signature covers the raw
 * bytes, which a parser consumes. If a parser runs first, it must keep the bytes, as `express.raw()` does.
 * Otherwise, the webhook fails. The other routes also accept parsed JSON.
 */
export const billingHandler =
  <Req extends IncomingMessage = IncomingMessage>(
    billing: BillingHttp,
    { customer, limit, onError = console.error }: BillingHandlerOptions<Req>,
  ) =>
  async (req: Req, res: ServerResponse, next?: (error?: unknown) => void): Promise<void> => {
    try {
      const { method, url, headers } = req
      const request = await toRequest({ method, url, headers, body: () => bytesOf(req) })
      const response = request && (await billing.handle(request, { customer: () => customer(req), limit }))
      if (response) await send(res, response)
      else if (next) next()
      else await send(res, reply(404, 'not_found', 'There is no such route'))
    } catch (error) {
      // The client disconnected before its request body arrived. This isn't a failure, and no response can
      // reach the client.
      if (error === req.errored) return
      if (next) return next(error)
      onError(error)
      await send(res, reply(500, 'internal', 'Something went wrong on our side. Try again later.'))
    }
  }

const reply = (status: number, error: string, message: string) =>
  Response.json({ error, message }, { status })

async function send(res: ServerResponse, response: Response) {
  res.writeHead(response.status, Object.fromEntries(response.headers))
  res.end(Buffer.from(await response.arrayBuffer()))
}

/**
 * Returns the request's body. If a body parser has already read the body, returns the parser's result as
 * bytes.
 */
async function bytesOf(req: IncomingMessage & { body?: unknown }): Promise<Buffer<ArrayBuffer>> {
  const { body } = req
  if (!req.readableDidRead && !req.readableEnded) return readBytes(req)
  if (body === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/**
 * Reads the body, but keeps at most one chunk beyond billing's limit, and drops the rest. The kept bytes are
 * enough for billing to return 413.
 */
function readBytes(req: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const finish = () => resolve(Buffer.concat(chunks))
    req.on('data', (chunk: Buffer) => {
      if (size > maxBodyBytes) return
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBodyBytes) finish()
    })
    req.on('end', finish)
    req.on('error', reject)
  })
}
