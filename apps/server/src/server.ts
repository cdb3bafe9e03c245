import { type CustomerAlert, createBilling } from '@metered/billing'
import { postgresLedger } from '@metered/billing/postgres'
import { sqliteLedger } from '@metered/billing/sqlite'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createAuth, migrateSessions } from './account/auth.ts'
import { createMailLimit } from './account/mailLimit.ts'
import { createNewAccountLimit, type NewAccountLimits } from './account/newAccountLimit.ts'
import type { WrongPasswordLimits } from './account/signInLimit.ts'
import { createUserDirectory } from './account/userDirectory.ts'
import { awaitsVerification, customerOf } from './account/verification.ts'
import { buildApp } from './app.ts'
import { type Database, openDatabase } from './database/database.ts'
import { DatabaseStart } from './database/databaseStart.ts'
import type { Env } from './env.ts'
import { closeConnections } from './http/closeConnections.ts'
import type { SlowClientLimits } from './http/slowClients.ts'
import type { LimitSettings } from './limits/limiter.ts'
import { limits } from './limits/limits.ts'
import { createRateLimit, unlimited } from './limits/rateLimit.ts'
import { createMailer } from './mail/createMailer.ts'
import { createAlertMailer } from './mail/mailAlerts.ts'
import type { Meter } from './mail/unitNames.ts'
import { meters } from './meters.ts'
import { createIsOperator, createIsOperatorAddress } from './operator/isOperator.ts'
import { createModels } from './studio/createModels.ts'
import { createPictureStore } from './studio/pictureStore.ts'
import { type ModelQueueSettings, queueModels } from './studio/queuedModels.ts'
import type { AppBilling, SignedInContext } from './trpc.ts'

export interface Server extends AsyncDisposable {
  /** The app, which is ready to listen. */
  app: FastifyInstance
  billing: AppBilling
}

interface ServerOptions {
  env: Env
  log: FastifyBaseLogger
  /** The limit on each user's calls, unless `RATE_LIMIT` is off. */
  rateLimit?: LimitSettings
  /**
   * The limits on new accounts, unless `RATE_LIMIT` is off. Default: `limits.newAccountsPerNetwork` in production,
   * otherwise none.
   */
  newAccountsPerNetwork?: NewAccountLimits | undefined
  /** The limits on failed password attempts, unless `RATE_LIMIT` is off. Default: the limits in limits.ts. */
  wrongPasswords?: WrongPasswordLimits | undefined
  /** Default: `limits.sessionCheckMs`. */
  sessionCheckMs?: number
  /** Default: the limits in limits.ts. */
  modelQueues?: ModelQueueSettings
  /** Default: `limits.slowClients`. */
  slowClients?: SlowClientLimits | undefined
}

const openCreditsWarning =
  'Anyone can get free credits repeatedly with made-up email addresses. To prevent this, set SMTP_URL: new users must then verify their address first. To allow this, set SIGNUP_VERIFICATION=off.'

const operatorsWithoutMailWarning =
  'The users in OPERATORS must reset their password with an email before they can open /operator, but the server sends no emails. Set SMTP_URL. Users who have already reset their password with an email can open /operator.'

/**
 * Opens and migrates the database and creates the server. If the database is unreachable, locked or
 * read-only, the server still starts, and it recovers once the database is available. Rejects if the
 * configuration is wrong. Disposing the server rejects new calls, waits for running calls and closes all connections.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { env, log } = options
  const database = openDatabase(env.database, (connection) => migrateSessions({ database: connection, env }))
  const start = new DatabaseStart(database, log)
  try {
    await start.begin()
    return await assemble(database, start, options)
  } catch (error) {
    start.stop()
    await database[Symbol.asyncDispose]()
    throw error
  }
}

async function assemble(database: Database, start: DatabaseStart, options: ServerOptions): Promise<Server> {
  const { env, log, rateLimit, wrongPasswords, modelQueues, slowClients } = options
  // Don't limit new accounts in development, where all sign-ups come from the developer's own machine.
  const { newAccountsPerNetwork = env.production ? limits.newAccountsPerNetwork : null } = options
  const { sessionCheckMs = limits.sessionCheckMs } = options
  const { source } = database
  // After the grace period, customers have only the free plan's credits.
  const then = 'free'
  const { mailer, mailbox } = createMailer(env, { log, now: Date.now })
  const users = createUserDirectory(database.kysely)
  const mailAlert = mailer && createAlertMailer({ mailer, users, publicUrl: env.publicUrl, log })
  const billing = createBilling({
    meters,
    // The app's tables are in the same file, so the ledger must use the app's SQLite library.
    ledger: 'file' in source ? sqliteLedger(source.file, { driver: 'libsql' }) : postgresLedger(source.pool),
    flowglad: { ...env.flowglad, webhookSecret: env.flowglad.webhookSecret ?? undefined },
    customer: ({ user }: SignedInContext) => customerOf(user),
    session: {
      id: ({ session }: SignedInContext) => session.id,
      async customer({ session }: SignedInContext) {
        const user = await session.readUser()
        return user && !awaitsVerification(user) ? user : null
      },
    },
    publicUrl: env.publicUrl,
    trustedOrigins: env.trustedOrigins,
    pastDue: { graceDays: limits.pastDueGraceDays, then },
    // Each user is a customer who pays for their own usage, so all users may change their own limits.
    mayChangeBudgets: () => true,
    // Without a mailer, customers see alerts only in the app.
    ...(mailAlert && { onAlert: (alert: CustomerAlert<Meter>): Promise<void> => mailAlert(alert, billing) }),
    options: { holdTtlMs: env.holdTtlMs, shutdownGraceMs: env.shutdownGraceMs, sessionCheckMs },
    logger: log,
  })
  const app = await buildApp({
    env,
    auth: createAuth({
      database,
      env,
      log,
      now: Date.now,
      mailer,
      countMail: env.rateLimit ? createMailLimit() : unlimited,
      countNewAccount:
        env.rateLimit && newAccountsPerNetwork ? createNewAccountLimit(newAccountsPerNetwork) : unlimited,
      wrongPasswords,
      isOperatorAddress: createIsOperatorAddress(env.operators),
      // Fetch the customer from Flowglad while the first page loads, so that the first call doesn't wait. If
      // the fetch fails, the first call tries again.
      onSignIn(user) {
        if (!awaitsVerification(user)) void billing.balances(user).catch(() => {})
      },
    }),
    billing,
    mailbox,
    rateLimit: env.rateLimit ? createRateLimit(rateLimit) : unlimited,
    models: queueModels(createModels(env), modelQueues),
    pictures: createPictureStore({ kysely: database.kysely, now: Date.now }),
    isOperator: createIsOperator(env.operators),
    users,
    log,
    slowClients,
    databaseProblem: () => start.problem,
  })
  const started = billing.start()
  // While the database is unavailable, this check takes a long time, so the server listens without waiting
  // for it.
  if (start.problem === null) await started
  else started.catch((error: unknown) => log.error(error instanceof Error ? error.message : String(error)))
  if (env.production && env.openCreditsByDefault) log.warn(openCreditsWarning)
  if (env.operators.length > 0 && !mailer) log.warn(operatorsWithoutMailWarning)
  return {
    app,
    billing,
    async [Symbol.asyncDispose]() {
      start.stop()
      const closed = app.close()
      await billing.close()
      await closeConnections(app.server, closed)
      await mailer?.[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
