import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from 'test-postgres'
import { type FlowgladRecords, flowgladRecords } from './flowgladRecords.ts'
import { type MailServer, startMailServer } from './startMailServer.ts'
import { type Model, startModel } from './startModel.ts'
import { type Network, startNetwork } from './startNetwork.ts'
import { freePort, type RunningProcess, repository, startProcess } from './startProcess.ts'

const key = 'sk_test_local'
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`
const authSecret = randomBytes(32).toString('base64')

export interface StackOptions {
  /** Additional environment variables for the servers. */
  env?: Record<string, string>
  /** Whether the servers can send emails. Default false. New users never have to verify their addresses. */
  mail?: boolean
  /** Whether flowglad-local sends webhooks. Default true. */
  webhooks?: boolean
  /** Default `sqlite`. */
  database?: 'sqlite' | 'postgres'
  /** The number of servers that share the database. Default 1. */
  servers?: 1 | 2
  /**
   * With `controlled` (the default), tests decide when the model's work finishes or fails. `builtIn` is the
   * app's own model.
   */
  model?: 'controlled' | 'builtIn'
  /** Whether the tests move Flowglad's clock. Tests that move the clock share stacks only with each other. */
  movesClock?: boolean
  /** Whether the tests restart the server with a different clock. They don't share a stack with other tests either. */
  movesServerClock?: boolean
}

export interface Stack extends AsyncDisposable {
  /** The address of the first server, which also serves the built web app. */
  url: string
  /** All servers' addresses. */
  urls: string[]
  /** The network between the servers and Flowglad. */
  network: Network
  records: FlowgladRecords
  /** Receives the servers' emails. Undefined without the option `mail`. */
  mails: MailServer | undefined
  /** The controlled model. Undefined if the stack uses the built-in model. */
  model: Model | undefined
  /**
   * Restarts the first server on the same port and database. While the server is stopped, calls
   * `whileStopped` with the path of the SQLite database.
   */
  restart(
    signal: 'SIGTERM' | 'SIGKILL',
    options?: { clockAheadMs?: number; whileStopped?: (file: string) => Promise<void> },
  ): Promise<void>
  /** Returns the output of the first server and of flowglad-local, by name. */
  logs(): Record<string, string>
}

/**
 * Starts the built product in production mode: flowglad-local, a proxy that simulates network failures, and
 * the servers.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { model: kindOfModel = 'controlled', servers: count = 1, webhooks = true } = options
  const model = kindOfModel === 'controlled' ? await startModel() : undefined
  const mails = options.mail ? await startMailServer() : undefined
  const postgres = options.database === 'postgres' ? await startPostgres({ user: 'metered' }) : undefined
  const folder = await mkdtemp(join(tmpdir(), 'metered-e2e-'))
  const file = join(folder, 'metered.sqlite')
  const databaseUrl = (await postgres?.createDatabase()) ?? `file:${file}`
  const port = await freePort()

  const flowgladPort = await freePort()
  const flowglad = await startProcess({
    main: 'packages/flowglad-local/dist/main.js',
    port: flowgladPort,
    ready: '/',
    env: {
      FLOWGLAD_LOCAL_PORT: String(flowgladPort),
      FLOWGLAD_LOCAL_DB: join(folder, 'flowglad.sqlite'),
      FLOWGLAD_LOCAL_PRICING: join(repository, 'apps/server/pricing.yaml'),
      FLOWGLAD_LOCAL_KEY: key,
      ...(webhooks && {
        FLOWGLAD_LOCAL_WEBHOOK_URL: `http://127.0.0.1:${port}/api/webhooks/flowglad`,
        FLOWGLAD_LOCAL_WEBHOOK_SECRET: webhookSecret,
      }),
    },
  })
  const network = await startNetwork(flowglad.url)

  const startServer = (port: number, clockAheadMs = 0) =>
    startProcess({
      main: 'apps/server/dist/main.js',
      port,
      ready: '/healthz',
      clockAheadMs,
      env: {
        NODE_ENV: 'production',
        PORT: String(port),
        HOST: '127.0.0.1',
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        DATABASE_URL: databaseUrl,
        FLOWGLAD_BASE_URL: network.url,
        FLOWGLAD_SECRET_KEY: key,
        FLOWGLAD_WEBHOOK_SECRET: webhookSecret,
        AUTH_SECRET: authSecret,
        RATE_LIMIT: 'off',
        ...(model && { OPENAI_BASE_URL: model.url }),
        ...(mails && { SMTP_URL: mails.url, SIGNUP_VERIFICATION: 'off' }),
        ...options.env,
      },
    })
  let server = await startServer(port)
  const moreServers: RunningProcess[] = []
  while (moreServers.length < count - 1) moreServers.push(await startServer(await freePort()))

  return {
    url: server.url,
    urls: [server, ...moreServers].map(({ url }) => url),
    network,
    model,
    records: flowgladRecords({ url: flowglad.url, key }),
    mails,
    async restart(signal, { clockAheadMs, whileStopped } = {}) {
      await server.kill(signal)
      await whileStopped?.(file)
      server = await startServer(port, clockAheadMs)
    },
    logs: () => ({ server: server.output(), 'flowglad-local': flowglad.output() }),
    async [Symbol.asyncDispose]() {
      await Promise.all([server, ...moreServers].map((it) => it.kill('SIGTERM')))
      await network[Symbol.asyncDispose]()
      await flowglad.kill('SIGTERM')
      await model?.[Symbol.asyncDispose]()
      await mails?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
