import { createBilling, postgresLedger, sqliteLedger } from '@metered/billing'
import { buildApp } from './app.ts'
import { createAuth, migrateSessions, type User } from './auth.ts'
import { openDatabase } from './database.ts'
import { EnvError, readEnv } from './env.ts'
import { createLog } from './log.ts'
import { meters } from './meters.ts'
import { createRateLimit, unlimited } from './rateLimit.ts'
import { createRenderer } from './studio/art/renderer.ts'
import { createModels } from './studio/models.ts'
import { createPictureStore } from './studio/pictureStore.ts'

try {
  await main()
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

async function main() {
  const env = readEnv(process.env, { built: import.meta.url.endsWith('.js') })
  const log = createLog(env)
  const database = openDatabase(env.database)
  await database.migrate((connection) => migrateSessions({ database: connection, env }))
  const auth = createAuth({ database, env })
  const renderer = createRenderer()
  const billing = createBilling({
    meters,
    ledger:
      'file' in database.source ? sqliteLedger(database.source.file) : postgresLedger(database.source.pool),
    flowglad: { ...env.flowglad, webhookSecret: env.flowglad.webhookSecret ?? undefined },
    customer: ({ user }: { user: User }) => user,
    publicUrl: env.publicUrl,
    options: { holdTtlMs: env.holdTtlMs },
    logger: log,
  })
  const app = await buildApp({
    env,
    auth,
    billing,
    rateLimit: env.rateLimit ? createRateLimit() : unlimited,
    models: createModels({ ...env, renderer }),
    pictures: createPictureStore({ kysely: database.kysely, now: Date.now }),
    log,
  })
  await billing.start()
  await app.listen({ port: env.port, host: env.host })

  /** New calls are turned away, running ones end, and what can be delivered is; then the files are closed. */
  async function stop() {
    const closed = app.close()
    await billing.close()
    // Whoever still listens by now waits for work that has been given up.
    app.server.closeAllConnections()
    await closed
    await renderer[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(explain(error))
          process.exit(1)
        },
      )
    })
  }
}

function explain(error: unknown): string {
  if (error instanceof EnvError) return `The server cannot start:\n${error.message}`
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? Number(error.port) : Number.NaN
    return `Port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1}`
  }
  return error instanceof Error ? `The server cannot start: ${error.stack}` : String(error)
}
