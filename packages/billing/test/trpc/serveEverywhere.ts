import { once } from 'node:events'
import { createWSClient } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { aUser, type Stack } from '../flowglad/startStack.ts'

/** Serves a router over HTTP and over a WebSocket. Every caller is `ada`. */
export async function serveEverywhere<Router extends AnyTRPCRouter>({ billing }: Stack, router: Router) {
  const { request } = billing.trpc
  const createContext = (opts: Parameters<typeof request>[0]) => ({ user: aUser(), ...request(opts) })
  const http = createHTTPServer({ router, createContext })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(sockets, 'listening')
  applyWSSHandler({ wss: sockets, router, createContext })
  const portOf = (address: unknown) => z.object({ port: z.number() }).parse(address).port
  const socketUrl = `ws://127.0.0.1:${portOf(sockets.address())}`
  const socket = createWSClient({
    url: socketUrl,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  })
  return {
    url: `http://127.0.0.1:${portOf(http.address())}`,
    socketUrl,
    socket,
    async [Symbol.asyncDispose]() {
      await socket.close()
      sockets.close()
      http.closeAllConnections()
      http.close()
    },
  }
}
