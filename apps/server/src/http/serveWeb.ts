import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** The built web app: static files and one HTML page for all routes. */
export interface Web {
  root: string
  page: string
  /** Hashes of the page's inline scripts, for the content security policy. */
  inlineScripts: string[]
}

/** Reads the built web app. Returns null if the web app has not been built. */
export function readWeb(root: string): Web | null {
  try {
    const page = readFileSync(join(root, 'index.html'), 'utf8')
    const inline = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
    const inlineScripts = inline.map(
      ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    )
    return { root, page, inlineScripts }
  } catch {
    return null
  }
}

export function serveWeb(app: FastifyInstance, { root, page }: Web) {
  app.register(staticFiles, {
    root,
    // At the default log level, file requests would flood the log.
    logLevel: 'warn',
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders(response, path) {
      // Files in assets/ never change, because their names contain a hash of the content.
      const immutable = path.startsWith(join(root, 'assets'))
      response.setHeader('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const sendPage = (reply: FastifyReply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  app.get('/', (_request, reply) => sendPage(reply))
  app.setNotFoundHandler((request, reply) => {
    // A path with a file extension refers to a missing file, not to a page.
    const isPage = !/^\/(api|dev|trpc)\/|\.\w+$/.test(request.url.split('?')[0] ?? '')
    if (isPage && (request.method === 'GET' || request.method === 'HEAD')) return sendPage(reply)
    return reply.code(404).send({ error: 'not_found', message: `Nothing found at ${request.url}` })
  })
}
