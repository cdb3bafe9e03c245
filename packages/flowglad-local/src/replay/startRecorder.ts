import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { z } from 'zod'
import { createRedactor } from './createRedactor.ts'
import { fetchFrom, parseJsonOrText } from './request.ts'
import { TranscriptError } from './transcript.ts'

const defaultModel = z.object({ pricingModel: z.object({ id: z.string() }) })

/** A running recorder. */
export interface Recorder extends AsyncDisposable {
  /** The recorder's URL, for the app's `FLOWGLAD_BASE_URL`. */
  url: string
  close(): Promise<void>
}

/**
 * Starts a server that forwards requests to a platform and records the responses. The requests run one at a
 * time, in order of arrival. After each response, the recorder writes the whole conversation to the file,
 * without keys and email addresses. The conversation starts with the pricing model, so that a replay can
 * install it.
 * @throws TranscriptError if the file exists or can't be written
 */
export async function startRecorder({
  file,
  against,
  port = 0,
}: {
  file: string
  /** The platform's URL without a trailing slash. */
  against: string
  port?: number
}): Promise<Recorder> {
  checkFile(file)
  const steps: unknown[] = []
  const keys = new Set<string>()
  const redact = createRedactor(keys)
  let hasPricing = false

  const forward = async (method: string, path: string, { body, headers }: Sent) => {
    const at = Date.now()
    const { authorization, 'content-type': type } = headers
    const key = authorization?.replace(/^bearer /i, '').trim()
    if (key) keys.add(key)
    const isAction = path.startsWith('/__ops/')
    const response = isAction
      ? Response.json({})
      : await fetchFrom(against, path, {
          method,
          headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
          ...(body && { body }),
          // Don't follow a redirect, because it could send the key to another host.
          redirect: 'manual',
        })
    const text = await response.text()
    const answer = parseJsonOrText(text)
    const parsed = parseJsonOrText(body)
    steps.push({
      note: '',
      method,
      path: redact(path),
      // A replay sends a string unchanged, so a body that is a JSON string stays encoded.
      request: body === '' ? null : redact(typeof parsed === 'string' ? body : parsed),
      status: response.status,
      contentType: response.headers.get('content-type'),
      response: redact(answer),
      ...recordedAuthorization(authorization, response.status),
      ...(method !== 'GET' && type !== 'application/json' && { requestType: type ?? null }),
      at,
    })
    writeFileSync(file, `${JSON.stringify(steps, null, 1)}\n`)
    return { response, text, answer }
  }

  const recordPricing = async (headers: IncomingMessage['headers']) => {
    const sent = { body: '', headers: { authorization: headers.authorization } }
    const { answer } = await forward('GET', '/api/v1/pricing-models/default', sent)
    const model = defaultModel.safeParse(answer)
    hasPricing = model.success
    if (model.success)
      await forward('GET', `/api/v1/pricing-models/${model.data.pricingModel.id}/export`, sent)
    else steps.pop()
  }

  let queue: Promise<unknown> = Promise.resolve()
  const server = createServer((request, reply) => {
    const answer = async () => {
      const { method = 'GET', url: path = '/' } = request
      const body = method === 'GET' || method === 'HEAD' ? '' : await readBody(request)
      // A client sends a full URL to a proxy. Here, a full URL would replace the platform's host name.
      if (!path.startsWith('/')) throw new Error(`The request must have a path, not the URL ${path}`)
      if (!hasPricing && request.headers.authorization) await recordPricing(request.headers)
      const sent = { body, headers: request.headers }
      const { response, text } = await forward(method, path, sent)
      const requestId = response.headers.get('x-request-id')
      reply
        .writeHead(response.status, {
          'content-type': response.headers.get('content-type') ?? 'text/plain',
          ...(requestId && { 'x-request-id': requestId }),
        })
        .end(text)
    }
    queue = queue.then(answer).catch((error) => {
      reply
        .writeHead(502, { 'content-type': 'text/plain' })
        .end(error instanceof Error ? error.message : String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const close = async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  const { port: chosen } = z.object({ port: z.number() }).parse(server.address())
  return { url: `http://127.0.0.1:${chosen}`, close, [Symbol.asyncDispose]: close }
}

/**
 * Creates the file and deletes it, so that an existing or unwritable file is reported before the first
 * request. Checking the folder's permissions wouldn't detect every problem.
 */
function checkFile(file: string): void {
  try {
    writeFileSync(file, '', { flag: 'wx' })
    // If there are no requests, an empty file would remain, and the next start would reject it.
    rmSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new TranscriptError(`${file} already exists. Delete it or choose another file.`)
    throw new TranscriptError(`Cannot write ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

interface Sent {
  body: string
  headers: { authorization?: string | undefined; 'content-type'?: string | undefined }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Returns how the request sent its key, but never the key itself. */
function recordedAuthorization(
  header: string | undefined,
  status: number,
): { authorization?: string | null } {
  if (header === undefined) return { authorization: null }
  if (status === 401) return { authorization: 'sk_invalid' }
  return /^bearer /i.test(header) ? { authorization: 'Bearer' } : {}
}
