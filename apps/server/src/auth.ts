import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { type AuthEvents, authHooks } from './authHooks.ts'
import { type Database, schemaName } from './database.ts'
import type { Env } from './env.ts'

/** Where `app.ts` puts the address that the connection really came from; whatever a client writes there is overwritten. */
export const clientAddressHeader = 'x-client-address'

export type Auth = ReturnType<typeof createAuth>
export type User = Auth['$Infer']['Session']['user']

interface Connected {
  database: Pick<Database, 'type' | 'kysely'>
  env: Pick<Env, 'authSecret' | 'publicUrl' | 'trustedOrigins' | 'rateLimit'>
}

/** Sessions by email and password, mounted at /api/auth. */
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
      // On SQLite a sign-up's transaction would stay open while the password is hashed, and keep the ledger waiting.
      transaction: database.type === 'postgres',
      ...(database.type === 'postgres' ? { schemaName } : {}),
    },
    emailAndPassword: { enabled: true },
    // A signed copy of the session in a cookie: most calls then need no look-up. A session ended elsewhere lives on for this long.
    session: { cookieCache: { enabled: true, maxAge: 60 } },
    rateLimit: {
      enabled: env.rateLimit,
      window: 60,
      max: 300,
      // By address and path. Behind one office's address several people sign up in a minute; nobody guesses passwords at this rate.
      customRules: {
        '/sign-up/*': { window: 60, max: 30 },
        '/sign-in/*': { window: 60, max: 30 },
      },
    },
    advanced: {
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
      // Said outright: left to itself it does not check while NODE_ENV is `test`.
      disableOriginCheck: false,
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  } satisfies BetterAuthOptions
}
