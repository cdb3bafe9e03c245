import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from 'test-postgres'
import { type Books, flowgladBooks } from './books.ts'
import { type Model, startModel } from './model.ts'
import { type Network, startNetwork } from './network.ts'
import { freePort, type Running, repository, startBuilt } from './process.ts'

const key = 'sk_test_local'
const webhookSecret = 'whsec_ZW5kLXRvLWVuZC10ZXN0cy13ZWJob29rLXNlY3JldA=='

export interface Stack extends AsyncDisposable {
  /** Where the browser goes: the server, which serves the built web app. */
  url: string
  server: Running
  flowglad: Running
  /** The network between the two. */
  network: Network
  books: Books
  /** The model that works when it is told to; undefined where the product's own model works. */
  model: Model | undefined
  /** Another server over the same ledger. */
  startNode(env?: Record<string, string>): Promise<Running>
  /** Ends the first server as told and starts it again on the same port and files. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

export interface StackOptions {
  /** For the server, on top of what it needs. */
  env?: Record<string, string>
  /** Default true. */
  webhooks?: boolean
  /** Default `sqlite`. */
  database?: 'sqlite' | 'postgres'
  /** With a model that works when it is told to. */
  controlledModel?: boolean
}

/** The product as it is built and run in production form: flowglad-local, a breakable network, the server. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const model = options.controlledModel ? await startModel() : undefined
  const postgres = options.database === 'postgres' ? await startPostgres({ user: 'metered' }) : undefined
  const databaseUrl = await postgres?.createDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'metered-e2e-'))
  const [flowgladPort, port] = await Promise.all([freePort(), freePort()])
  const flowglad = await startBuilt({
    main: 'packages/flowglad-local/dist/main.js',
    port: flowgladPort,
    ready: '/',
    env: {
      FLOWGLAD_LOCAL_PORT: String(flowgladPort),
      FLOWGLAD_LOCAL_DB: join(folder, 'flowglad.sqlite'),
      FLOWGLAD_LOCAL_PRICING: join(repository, 'apps/server/pricing.yaml'),
      FLOWGLAD_LOCAL_KEY: key,
      ...(options.webhooks === false
        ? {}
        : {
            FLOWGLAD_LOCAL_WEBHOOK_URL: `http://127.0.0.1:${port}/api/webhooks/flowglad`,
            FLOWGLAD_LOCAL_WEBHOOK_SECRET: webhookSecret,
          }),
    },
  })
  const network = await startNetwork(flowglad.url)
  const startServer = (onPort: number, env: Record<string, string> = {}) =>
    startBuilt({
      main: 'apps/server/dist/main.js',
      port: onPort,
      ready: '/healthz',
      env: {
        NODE_ENV: 'production',
        PORT: String(onPort),
        HOST: '127.0.0.1',
        PUBLIC_URL: `http://127.0.0.1:${onPort}`,
        DATABASE_URL: databaseUrl ?? `file:${join(folder, 'metered.sqlite')}`,
        FLOWGLAD_BASE_URL: network.url,
        FLOWGLAD_SECRET_KEY: key,
        FLOWGLAD_WEBHOOK_SECRET: webhookSecret,
        AUTH_SECRET: 'a-secret-of-the-end-to-end-tests-alone',
        RATE_LIMIT: 'off',
        ...(model ? { OPENAI_BASE_URL: model.url } : {}),
        ...options.env,
        ...env,
      },
    })

  const nodes: Running[] = []
  const stack: Stack = {
    url: `http://127.0.0.1:${port}`,
    server: await startServer(port),
    flowglad,
    network,
    model,
    books: flowgladBooks({ url: flowglad.url, key }),
    async startNode(env) {
      const node = await startServer(await freePort(), env)
      nodes.push(node)
      return node
    },
    async restart(signal) {
      await stack.server.kill(signal)
      stack.server = await startServer(port)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([stack.server, ...nodes].map((it) => it.kill('SIGTERM')))
      await network[Symbol.asyncDispose]()
      await flowglad.kill('SIGTERM')
      await model?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stack
}
