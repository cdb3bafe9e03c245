import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type FlowgladServer, requestHandler } from '@flowglad/server'
import { HTTPMethod } from '@flowglad/shared'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import { z } from 'zod'

const body = z.unknown()

/**
 * Starts an application like the example in Flowglad's documentation. The application's page uses
 * `@flowglad/react`, and its server handles `/api/flowglad/*` with Flowglad's request handler. Every visitor
 * is signed in as ada.
 */
export async function startApplication(flowglad: (externalId: string) => FlowgladServer) {
  const files = await buildPage()
  const handle = requestHandler<IncomingMessage>({ getCustomerExternalId: async () => 'ada', flowglad })
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const method = request.method === 'POST' ? HTTPMethod.POST : HTTPMethod.GET
    if (url.pathname.startsWith('/api/flowglad/')) {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      const path = url.pathname.slice('/api/flowglad/'.length).split('/')
      const query = Object.fromEntries(url.searchParams)
      const { status, data, error } = await handle(
        { path, method, query, ...(text && { body: body.parse(JSON.parse(text)) }) },
        request,
      )
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ data, error }))
      return
    }
    const file = files.get(url.pathname === '/' ? '/index.html' : url.pathname)
    if (!file) return void response.writeHead(404).end()
    const type = url.pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
    response.writeHead(200, { 'content-type': type }).end(file)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function buildPage(): Promise<Map<string, string | Uint8Array>> {
  const root = fileURLToPath(new URL('reactApp', import.meta.url))
  const result = await build({
    root,
    plugins: [react()],
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false },
  })
  if (!('output' in result)) throw new Error('Expected exactly one bundle')
  return new Map(
    result.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  )
}
