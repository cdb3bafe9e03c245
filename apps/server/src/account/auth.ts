import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { FastifyBaseLogger } from 'fastify'
import type { Database } from '../database/database.ts'
import { schemaName } from '../database/postgresDatabase.ts'
import type { Env } from '../env.ts'
import { clientAddressHeader, clientAddressOf } from '../limits/clientAddress.ts'
import { limits } from '../limits/limits.ts'
import type { RateLimit } from '../limits/rateLimit.ts'
import type { Mailer } from '../mail/mailer.ts'
import { addressKey } from './addressKey.ts'
import { type AuthEvents, authHooks } from './authHooks.ts'
import { authLogger } from './authLogger.ts'
import { shortUserAgent } from './fieldRules.ts'
import { mailOptions } from './mailOptions.ts'
import { receivedAtOf } from './receivedAt.ts'
import { limitSignIns, type WrongPasswordLimits } from './signInLimit.ts'
import { fillAddressKeys, recordPasswordReset, userFields, waiveVerification } from './userFields.ts'

export type Auth = ReturnType<typeof createAuth>
export type User = Auth['$Infer']['Session']['user']

interface Connected {
  database: Pick<Database, 'type' | 'kysely'>
  env: Pick<Env, 'authSecret' | 'publicUrl' | 'trustedOrigins' | 'rateLimit' | 'signUpVerification'>
}

interface AuthParts extends Connected, AuthEvents {
  /** Null if the server can't send emails. */
  mailer: Mailer | null
  /** Counts a new account for an IP address. Rejects with an `APIError` to refuse the sign-up. */
  countNewAccount: RateLimit
  /** The limits on failed password attempts, unless `RATE_LIMIT` is off. Default: the limits in limits.ts. */
  wrongPasswords: WrongPasswordLimits | undefined
  log: FastifyBaseLogger
}

/** Sets up sign-in with email and password, which `authRoutes` mounts at /api/auth. */
export function createAuth(parts: AuthParts) {
  const { database, env, mailer, countNewAccount, wrongPasswords, log, ...events } = parts
  return betterAuth({
    ...optionsOf({ database, env }),
    ...mailOptions({
      ...env,
      mailer,
      onVerified: events.onSignIn,
      onPasswordReset: ({ user }) => recordPasswordReset(database, { user: user.id, at: events.now() }),
    }),
    hooks: authHooks(events),
    logger: authLogger(log),
    // Let Fastify log errors. better-auth would print them to the console, including the values in database
    // errors.
    onAPIError: { throw: true },
    plugins: env.rateLimit ? [limitSignIns(wrongPasswords)] : [],
    databaseHooks: {
      session: {
        create: {
          before: async ({ userAgent }, context) => ({
            data: {
              userAgent: shortUserAgent(userAgent),
              // Use the request's time of arrival. If a password reset happens during the sign-in, the session
              // is then older than the reset.
              createdAt: receivedAtOf(context?.headers),
            },
          }),
        },
      },
      user: {
        create: {
          async before({ email }, context) {
            await countNewAccount(clientAddressOf(context?.headers))
            return { data: { addressKey: addressKey(email), mustVerifyEmail: env.signUpVerification } }
          },
        },
      },
    },
  })
}

export async function migrateSessions(connected: Connected) {
  const { runMigrations } = await getMigrations(optionsOf(connected))
  await runMigrations()
  await fillAddressKeys(connected.database)
  if (!connected.env.signUpVerification) await waiveVerification(connected.database)
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
      // On SQLite, use no transaction, because a transaction would block the ledger while the password is hashed.
      transaction: database.type === 'postgres',
      ...(database.type === 'postgres' ? { schemaName } : {}),
    },
    user: { additionalFields: userFields },
    // A cookie holds a signed copy of the session, so most calls don't read the session from the database.
    session: { cookieCache: { enabled: true, maxAge: limits.sessionCacheMs / 1_000 } },
    // Turn off better-auth's own limits, because addressLimits.ts already limits requests.
    rateLimit: { enabled: false },
    advanced: {
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
      // By default, better-auth skips the origin check if NODE_ENV is `test`.
      disableOriginCheck: false,
    },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  } satisfies BetterAuthOptions
}
