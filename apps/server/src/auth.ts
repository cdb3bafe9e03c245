import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { type AuthEvents, authHooks } from './authHooks.ts'
import { type Database, schemaName } from './database.ts'
import type { Env } from './env.ts'

/** Carries the connection's real address to better-auth. We overwrite any value that a client sends. */
export const clientAddressHeader = 'x-client-address'

export type Auth = ReturnType<typeof createAuth>
export type User = Auth['$Infer']['Session']['user']

interface Connected {
  database: Pick<Database, 'type' | 'kysely'>
  env: Pick<Env, 'authSecret' | 'publicUrl' | 'trustedOrigins' | 'rateLimit'>
}

/** Creates sessions by email and password, to be mounted at /api/auth. */
export function createAuth({ database, env, ...events }: Connected & AuthEvents) {
  return betterAuth({ ...optionsOf({ database, env }), hooks: authHooks(events) })
}

export async function migrateSessions(connected: Connected) {
  const { runMigrations } = await getMigrations(optionsOf(connected))
  await runMigrations()
}

function optionsOf({ database, env }: Connected) {
  return {
    appName: 'Metered',
    baseURL: env.publicUrl,
    basePath: '/api/auth',
    secret: env.authSecret,
    trustedOrigins: env.trustedOrigins,
    database: {
      db: database.kysely,
      type: database.type,
      // On SQLite, a sign-up's transaction would stay open during password hashing and block the ledger.
      transaction: database.type === 'postgres',
      ...(database.type === 'postgres' ? { schemaName } : {}),
    },
    emailAndPassword: { enabled: true },
    // A cookie holds a signed copy of the session, so most calls need no database query. A session that ends elsewhere
    // stays valid here for up to `maxAge` seconds.
    session: { cookieCache: { enabled: true, maxAge: 60 } },
    rateLimit: {
      enabled: env.rateLimit,
      window: 60,
      max: 300,
      // Per address and path. An office that shares one address stays below this rate; an attacker who
      // guesses passwords exceeds it.
      customRules: {
        '/sign-up/*': { window: 60, max: 30 },
        '/sign-in/*': { window: 60, max: 30 },
      },
    },
    advanced: {
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
      // By default, better-auth skips the check if NODE_ENV is `test`.
      disableOriginCheck: false,
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  } satisfies BetterAuthOptions
}
