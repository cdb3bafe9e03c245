import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'ws'
import { appRouter } from './router.js'
import { createContext } from './trpc.js'

const page = await readFile('public/index.html')
const script = await readFile('public/main.js')

function serveFile(path: string | undefined, res: ServerResponse) {
  const isScript = path === '/main.js'
  res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  res.end(isScript ? script : page)
}

const server = createServer((req, res) => {
  serveFile(req.url, res)
})

const wss = new WebSocketServer({ server, path: '/trpc' })
const handler = applyWSSHandler({ wss, router: appRouter, createContext, keepAlive: { enabled: true } })

server.listen(Number(process.env.PORT ?? 3000))

process.on('SIGTERM', () => {
  handler.broadcastReconnectNotification()
  wss.close()
  server.close()
})
