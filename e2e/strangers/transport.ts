import type { Page } from '@playwright/test'

/** A page's connection to the server, between the client and the network. */
export interface Transport {
  /** Loses the response to the next call of `draw`, after the server has answered. */
  loseNextResponse(): void
  /** Returns the keys of the calls of `draw` so far, with one entry for each time that a call was sent. */
  keys(): unknown[]
}

/** Observes a page's HTTP requests. Call it before the page is opened. */
export async function httpTransport(page: Page): Promise<Transport> {
  const keys: unknown[] = []
  let lose = false
  await page.route(
    (url) => /\bdraw\b/.test(url.pathname),
    async (route) => {
      keys.push(route.request().headers()['idempotency-key'])
      if (!lose) return route.continue()
      lose = false
      await route.fetch()
      await route.abort('connectionreset')
    },
  )
  return { keys: () => keys, loseNextResponse: () => (lose = true) }
}

/** Observes a page's WebSocket messages. A lost response also loses its connection. */
export async function webSocketTransport(page: Page): Promise<Transport> {
  const keys: unknown[] = []
  const draws = new Set<unknown>()
  let lose = false
  await page.routeWebSocket(/trpc/, (client) => {
    const server = client.connectToServer()
    client.onMessage((text) => {
      for (const { id, params } of messagesIn(text)) {
        if (params?.path !== 'draw') continue
        draws.add(id)
        keys.push(params.input?.['idempotency-key'])
      }
      server.send(text)
    })
    server.onMessage((text) => {
      if (!lose || !messagesIn(text).some(({ id }) => draws.has(id))) return client.send(text)
      lose = false
      client.close()
      server.close()
    })
  })
  return { keys: () => keys, loseNextResponse: () => (lose = true) }
}

interface Message {
  id?: unknown
  params?: { path?: string; input?: { 'idempotency-key'?: string } }
}

/** tRPC sends one message or several at once. Its keep-alive messages aren't JSON. */
function messagesIn(text: string | Buffer): Message[] {
  try {
    return [JSON.parse(String(text))].flat()
  } catch {
    return []
  }
}
