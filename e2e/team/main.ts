// A small app whose customer is a team. Each member's calls have the label `member`, as in the example in the
// README of @metered/billing.
import { createServer } from 'node:http'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { build } from 'vite'
import { appRouter, billing, createContext } from './router.ts'

const html =
  '<!doctype html><title>Acme</title><div id="root"></div><script type="module" src="/page.js"></script>'
const script = await bundlePage()
const callRouter = createHTTPHandler({ router: appRouter, createContext, basePath: '/trpc/' })

const server = createServer((req, res) => {
  if (req.url?.startsWith('/trpc/')) return callRouter(req, res)
  const isScript = req.url === '/page.js'
  res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  res.end(isScript ? script : html)
})
server.listen(Number(process.env.PORT), '127.0.0.1')

process.once('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await billing.close()
})

async function bundlePage() {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, rolldownOptions: { input: `${import.meta.dirname}/page.tsx` } },
  })
  if (!('output' in built)) throw new Error('Vite returned several bundles.')
  return built.output[0].code
}
