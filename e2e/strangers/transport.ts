import type { Page } from '@playwright/test'

/** Observes the calls between a page and the server and can drop a response. */
export interface Transport {
  /** Drops the server's response to the next `draw` call. */
  loseNextResponse(): void
  /**
   * Returns the keys of all `draw` calls that the page has sent so far. A retried call's key appears once per
   * attempt.
   */
  keys(): unknown[]
}

/** Observes a page's HTTP requests. Call this function before you open the page. */
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

/** Observes a page's WebSocket messages. Drops a response by closing the connection. */
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

/**
 * Returns the messages in a WebSocket frame. A frame can contain one message, an array of messages, or a
 * keep-alive text that isn't JSON.
 */
function messagesIn(text: string | Buffer): Message[] {
  try {
    return [JSON.parse(String(text))].flat()
  } catch {
    return []
  }
}
