import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterOptions, BillingHttp } from '../http/caller.ts'
import { maxBodyBytes } from '../http/readBody.ts'
import { toRequest } from '../http/toRequest.ts'

/** The options of `billingHandler`. */
export interface BillingHandlerOptions<Req extends IncomingMessage = IncomingMessage>
  extends AdapterOptions<Req> {
  /**
   * Called with an unexpected error when there is no `next`; the client gets 500. Default: `console.error`.
   */
  onError?: (error: unknown) => void
}

/**
 * Returns a handler for Node's `(request, response)`: plain `http`, Connect, Express. A path that isn't
 * billing's calls `next`, or gets 404 without one.
 *
 *     express().use(billingHandler(billing, { customer: (request) => request.user ?? null }))
 *     http.createServer(billingHandler(billing, { customer: (request) => sessionOf(request)?.user ?? null }))
 *
 * Mount it before body parsers such as `express.json()`: the webhook's signature covers the raw bytes, which
 * a parser consumes. Behind a parser, the webhook works only if the parser kept the bytes (`express.raw()`);
 * the other routes also take its parsed JSON.
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
      if (next) return next(error)
      onError(error)
      await send(res, reply(500, 'internal', 'Something went wrong on our side.'))
    }
  }

const reply = (status: number, error: string, message: string) =>
  Response.json({ error, message }, { status })

async function send(res: ServerResponse, response: Response) {
  res.writeHead(response.status, Object.fromEntries(response.headers))
  res.end(Buffer.from(await response.arrayBuffer()))
}

/** Returns the body as it arrives, or as a body parser left it. */
async function bytesOf(req: IncomingMessage & { body?: unknown }): Promise<Buffer<ArrayBuffer>> {
  const { body } = req
  if (!req.readableDidRead && !req.readableEnded) return readBytes(req)
  if (body === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/**
 * Keeps at most one chunk beyond billing's limit, enough for billing to answer 413. The rest is read and
 * dropped.
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
