import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** The built web app: its files, and its one page under every address that is a page's. */
export interface Web {
  root: string
  page: string
  /** For the content security policy: the page's own inline scripts, and no other. */
  inlineScripts: string[]
}

/** null: it has not been built. */
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
    // A line for each file of each visit would bury the calls.
    logLevel: 'warn',
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders(response, path) {
      // Names in assets/ carry a hash of their content.
      const forever = path.startsWith(join(root, 'assets'))
      response.setHeader('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const sendPage = (reply: FastifyReply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  app.get('/', (_request, reply) => sendPage(reply))
  app.setNotFoundHandler((request, reply) => {
    // Addresses of pages are words; what ends in .js or .png is a file that is not there.
    const isPage = !/^\/(api|trpc)\/|\.\w+$/.test(request.url.split('?')[0] ?? '')
    if (isPage && (request.method === 'GET' || request.method === 'HEAD')) return sendPage(reply)
    return reply.code(404).send({ error: 'not_found', message: `There is nothing at ${request.url}` })
  })
}
