import { createBilling, postgresLedger, sqliteLedger } from '@metered/billing'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { createAuth, migrateSessions, type User } from './auth.ts'
import { type Database, openDatabase } from './database.ts'
import type { Env } from './env.ts'
import { meters } from './meters.ts'
import { createRateLimit, unlimited } from './rateLimit.ts'
import { createModels } from './studio/createModels.ts'
import { createPictureStore } from './studio/pictureStore.ts'
import type { AppBilling } from './trpc.ts'

export interface Server extends AsyncDisposable {
  /** Ready to listen. */
  app: FastifyInstance
  billing: AppBilling
}

interface Given {
  env: Env
  log: FastifyBaseLogger
}

/** Opens the database, brings it up to date and puts the server together. Disposing turns new calls away, lets running ones end and closes everything. */
export async function createServer({ env, log }: Given): Promise<Server> {
  const database = openDatabase(env.database)
  try {
    await database.migrate((connection) => migrateSessions({ database: connection, env }))
    return await assemble(database, { env, log })
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}

async function assemble(database: Database, { env, log }: Given): Promise<Server> {
  const { source } = database
  const billing = createBilling({
    meters,
    ledger: 'file' in source ? sqliteLedger(source.file) : postgresLedger(source.pool),
    flowglad: { ...env.flowglad, webhookSecret: env.flowglad.webhookSecret ?? undefined },
    customer: ({ user }: { user: User }) => user,
    publicUrl: env.publicUrl,
    options: { holdTtlMs: env.holdTtlMs },
    logger: log,
  })
  const app = await buildApp({
    env,
    auth: createAuth({
      database,
      env,
      now: Date.now,
      // Looked up while the first page loads, so that a new customer's first call need not wait for Flowglad. What fails here is tried again by that call.
      onSignIn: (user) => void billing.balances(user).catch(() => {}),
    }),
    billing,
    rateLimit: env.rateLimit ? createRateLimit() : unlimited,
    models: createModels(env),
    pictures: createPictureStore({ kysely: database.kysely, now: Date.now }),
    log,
  })
  await billing.start()
  return {
    app,
    billing,
    async [Symbol.asyncDispose]() {
      const closed = app.close()
      await billing.close()
      // Whoever still listens by now waits for work that has been given up.
      app.server.closeAllConnections()
      await closed
      await database[Symbol.asyncDispose]()
    },
  }
}
