import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTRPCClient, httpBatchStreamLink, type TRPCClient } from '@trpc/client'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import type { NewAccountLimits } from '../src/account/newAccountLimit.ts'
import type { WrongPasswordLimits } from '../src/account/signInLimit.ts'
import { readEnv } from '../src/env.ts'
import type { SlowClientLimits } from '../src/http/slowClients.ts'
import type { LimitSettings } from '../src/limits/limiter.ts'
import { createLog } from '../src/log.ts'
import type { AppRouter } from '../src/router.ts'
import { createServer, type Server } from '../src/server.ts'
import type { ModelQueueSettings } from '../src/studio/queuedModels.ts'

export const pricing = await readFile(new URL('../pricing.yaml', import.meta.url), 'utf8')

export interface TestServer extends Server {
  /** The server's base URL. */
  url: string
  /** Reads a user's usage and balances from Flowglad. */
  flowgladUsage(user: string): Promise<{ used: Record<string, number>; available: Record<string, number> }>
  flowglad: FlowgladLocal
  env: Record<string, string>
}

/** Starts the complete server on an HTTP port, by default with its own flowglad-local and SQLite file. */
export async function startTestServer(
  options: {
    env?: Record<string, string>
    flowglad?: FlowgladLocal
    rateLimit?: LimitSettings
    newAccountsPerNetwork?: NewAccountLimits
    modelQueues?: ModelQueueSettings
    wrongPasswords?: WrongPasswordLimits
    sessionCheckMs?: number
    slowClients?: SlowClientLimits
    /** Called with each warning and error that the server logs. */
    onLog?: (line: string) => void
    /** Creates the server. Default: `createServer` from this package's sources. */
    create?: typeof createServer
  } = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'metered-server-'))
  const flowglad = options.flowglad ?? (await startFlowgladLocal({ pricing }))
  const env = {
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: `file:${join(folder, 'metered.sqlite')}`,
    FLOWGLAD_BASE_URL: flowglad.url,
    FLOWGLAD_SECRET_KEY: flowglad.key,
    STUDIO_LATENCY_MS: '0',
    RATE_LIMIT: 'off',
    ...options.env,
  }
  const { onLog } = options
  const log = await createLog({ production: false, ...(onLog ? { stream: { write: onLog } } : {}) })
  if (!onLog) log.level = 'silent'
  const server = await (options.create ?? createServer)({
    env: readEnv(env, { built: false }),
    log,
    ...(options.rateLimit ? { rateLimit: options.rateLimit } : {}),
    ...(options.newAccountsPerNetwork ? { newAccountsPerNetwork: options.newAccountsPerNetwork } : {}),
    ...(options.sessionCheckMs === undefined ? {} : { sessionCheckMs: options.sessionCheckMs }),
    ...(options.modelQueues ? { modelQueues: options.modelQueues } : {}),
    slowClients: options.slowClients,
    wrongPasswords: options.wrongPasswords,
  })
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' })
  return {
    ...server,
    url,
    env,
    flowglad,
    flowgladUsage: (user) => readFlowgladUsage(flowglad, user),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      if (!options.flowglad) await flowglad.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A signed-up user's browser, which keeps the session's cookies. */
export interface Browser {
  user: { id: string; email: string }
  /** Returns the value of the `Cookie` header. */
  cookie(): string
  /** Returns a browser that uses the same session at another server. */
  at(url: string): Browser
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Calls a procedure. Use `method: 'GET'` for a query. */
  call(
    path: string,
    input: unknown,
    options?: { method?: 'GET' | 'POST'; headers?: Record<string, string> },
    // biome-ignore lint/suspicious/noExplicitAny: tests assert the response as it was received
  ): Promise<{ status: number; data: any; error: any }>
  /** The typed client, for streams. */
  api: TRPCClient<AppRouter>
}

export async function signUp(
  { url }: { url: string },
  password: string = randomUUID(),
  email = `${randomUUID()}@example.com`,
): Promise<Browser> {
  const jar = new Map<string, string>()
  const signedUp = await requestWith(jar, url)('/api/auth/sign-up/email', {
    method: 'POST',
    body: JSON.stringify({ name: 'Ada', email, password }),
  })
  if (!signedUp.ok) throw new Error(`Sign-up returned ${signedUp.status}: ${await signedUp.text()}`)
  return browserOf((await signedUp.json()).user, jar, url)
}

/** Signs in from another browser. */
export async function signIn(
  { url }: { url: string },
  credentials: { email: string; password: string },
): Promise<Browser> {
  const jar = new Map<string, string>()
  const signedIn = await requestWith(jar, url)('/api/auth/sign-in/email', {
    method: 'POST',
    body: JSON.stringify(credentials),
  })
  if (!signedIn.ok) throw new Error(`Sign-in returned ${signedIn.status}: ${await signedIn.text()}`)
  return browserOf((await signedIn.json()).user, jar, url)
}

type Jar = Map<string, string>
const cookieOf = (jar: Jar) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

function requestWith(jar: Jar, url: string): Browser['fetch'] {
  return async (path, init = {}) => {
    const response = await fetch(url + path, {
      ...init,
      headers: {
        origin: 'http://localhost:5173',
        cookie: cookieOf(jar),
        ...(init.body ? { 'content-type': 'application/json' } : {}),
        ...Object.fromEntries(new Headers(init.headers)),
      },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    return response
  }
}

function browserOf(user: Browser['user'], jar: Jar, url: string): Browser {
  const request = requestWith(jar, url)
  return {
    user,
    cookie: () => cookieOf(jar),
    at: (other) => browserOf(user, jar, other),
    fetch: request,
    async call(path, input, { method = 'POST', headers = {} } = {}) {
      const query = method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : ''
      const response = await request(`/trpc/${path}${query}`, {
        method,
        headers,
        ...(method === 'POST' ? { body: JSON.stringify(input) } : {}),
      })
      const body = await response.json()
      return { status: response.status, data: body.result?.data, error: body.error }
    },
    api: createTRPCClient<AppRouter>({
      links: [
        httpBatchStreamLink({
          url: '/trpc',
          fetch: (path, init) => request(String(path), { ...init, signal: init?.signal ?? null }),
        }),
      ],
    }),
  }
}

export async function readFlowgladUsage({ url, key }: FlowgladLocal, user: string) {
  const response = await fetch(`${url}/api/v1/customers/${user}/billing`, { headers: { authorization: key } })
  if (response.status === 404) return { used: {}, available: {} }
  const { currentSubscription } = await response.json()
  const rows: { slug: string; availableBalance: number }[] =
    currentSubscription.experimental.usageMeterBalances
  const available = Object.fromEntries(rows.map((row) => [row.slug, row.availableBalance]))
  const used: Record<string, number> = {}
  for (let cursor = ''; ; ) {
    const page = await fetch(`${url}/api/v1/usage-events?limit=100${cursor}`, {
      headers: { authorization: key },
    })
    const { data, nextCursor, hasMore } = await page.json()
    for (const { usageEvent = {}, ...flat } of data) {
      const event = { ...flat, ...usageEvent }
      if (event.subscriptionId !== currentSubscription.id) continue
      const slug =
        rows.find((row) => 'id' in row && row.id === event.usageMeterId)?.slug ?? event.usageMeterId
      used[slug] = (used[slug] ?? 0) + event.amount
    }
    if (!hasMore) return { used, available }
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
}
