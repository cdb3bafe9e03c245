import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type TrustProxy, trustProxySetting } from './http/trustProxy.ts'
import { developmentSecrets, secretProblems } from './secrets.ts'

/** The repository's root. The relative path is the same from `src/` and from `dist/`. */
const repository = fileURLToPath(new URL('../../..', import.meta.url))

const wholeNumber = (of: { min: number; max: number }) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= of.min && value <= of.max, `must be between ${of.min} and ${of.max}`)

/** Parses a comma-separated list of email addresses. */
function emailAddresses(list: string, context: z.RefinementCtx): string[] {
  const addresses = list.split(',').map((address) => address.trim())
  const wrong = addresses.find((address) => !/^[^\s@]+@[^\s@]+$/.test(address))
  if (wrong !== undefined) {
    context.addIssue(
      `must be a list of email addresses, such as ada@example.com,bob@example.com, not "${wrong}"`,
    )
    return z.NEVER
  }
  return addresses
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })

const variables = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: wholeNumber({ min: 0, max: 65_535 }).default(3000),
  HOST: z.string().default('localhost'),
  PUBLIC_URL: httpUrl.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)/, 'must be file:/a/path or postgres://…')
    .default(`file:${resolve(repository, '.data/metered.sqlite')}`),
  FLOWGLAD_BASE_URL: httpUrl.default('http://127.0.0.1:4010'),
  FLOWGLAD_SECRET_KEY: z.string().default(developmentSecrets.flowgladSecretKey),
  FLOWGLAD_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must start with whsec_, followed by base64')
    .optional(),
  AUTH_SECRET: z.string().default(developmentSecrets.authSecret),
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// address' }).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@]@[^\s@][^\r\n]*$/, 'must be an email address, such as Studio <studio@example.com>')
    .optional(),
  SIGNUP_VERIFICATION: z.enum(['on', 'off'], { error: 'must be on or off' }).optional(),
  OPERATORS: z.string().transform(emailAddresses).default([]),
  TRUST_PROXY: trustProxySetting.default(0),
  HOLD_TTL_MS: wholeNumber({ min: 1, max: 86_400_000 }).default(120_000),
  SHUTDOWN_GRACE_MS: wholeNumber({ min: 0, max: 3_600_000 }).default(10_000),
  RATE_LIMIT: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  STUDIO_LATENCY_MS: wholeNumber({ min: 0, max: 600_000 }).optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_IMAGE_MODEL: z.string().default('gpt-image-1'),
  OPENAI_TEXT_MODEL: z.string().default('gpt-4o-mini'),
})

/** The names of all environment variables that the server reads. */
export const variableNames = Object.keys(variables.shape)

export interface Env {
  /**
   * True for the built server, and with `NODE_ENV=production` for a server that runs from source. In
   * production mode, the server serves the web app and requires `AUTH_SECRET`.
   */
  production: boolean
  port: number
  host: string
  /**
   * The origin that users see in the browser: in development, the web app's origin, and otherwise this
   * server's origin.
   */
  publicUrl: string
  /** The origins, in addition to `publicUrl`, whose pages may use the server. */
  trustedOrigins: string[]
  database: { type: 'sqlite'; file: string } | { type: 'postgres'; url: string }
  flowglad: { baseUrl: string; secretKey: string; webhookSecret: string | null }
  authSecret: string
  /** Null if there is no mail server. */
  mail: { smtpUrl: string; from: string } | null
  /** Whether new users must verify their email address before they get free credits. */
  signUpVerification: boolean
  /** True if anyone can get free credits and no variable confirms that this is intended. */
  openCreditsByDefault: boolean
  /** The email addresses of the users who may open /operator. */
  operators: string[]
  /** 0 if there is no proxy in front of the server. */
  trustProxy: TrustProxy
  holdTtlMs: number
  /** How long the server waits for running work when it stops. */
  shutdownGraceMs: number
  rateLimit: boolean
  /** The delay before each picture and each text. The local models also take this long to write each sentence. */
  studioLatencyMs: number
  /** Null if the server generates pictures and texts itself. */
  openAi: { baseUrl: string; apiKey: string | null; imageModel: string; textModel: string } | null
  /** The folder of the built web app. */
  webRoot: string
}

/** The error for invalid variables. The message has one line for each invalid variable. */
export class EnvError extends Error {
  override readonly name = 'EnvError'
}

/** @throws EnvError */
export function readEnv(source: NodeJS.ProcessEnv, { built }: { built: boolean }): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const parsed = variables.safeParse(given)
  if (!parsed.success) {
    throw new EnvError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'),
    )
  }
  const env = parsed.data
  const production = built || env.NODE_ENV === 'production'
  const withLocalFlowglad = isLoopback(env.FLOWGLAD_BASE_URL)
  const problems = secretProblems(env, { production, withLocalFlowglad })
  if (production && env.SIGNUP_VERIFICATION === 'on' && env.SMTP_URL === undefined) {
    problems.push('SIGNUP_VERIFICATION=on needs SMTP_URL, because the server sends an email to each new user')
  }
  if (problems.length) throw new EnvError(problems.join('\n'))

  const publicUrl = new URL(
    env.PUBLIC_URL ?? (production ? `http://localhost:${env.PORT}` : 'http://localhost:5173'),
  ).origin
  return {
    production,
    port: env.PORT,
    host: env.HOST,
    publicUrl,
    trustedOrigins: [
      ...loopbackAliases(publicUrl),
      ...(production ? [] : loopbackAliases(`http://localhost:${env.PORT}`)),
    ],
    database: databaseOf(env.DATABASE_URL),
    flowglad: {
      baseUrl: env.FLOWGLAD_BASE_URL.replace(/\/+$/, ''),
      secretKey: env.FLOWGLAD_SECRET_KEY,
      webhookSecret:
        env.FLOWGLAD_WEBHOOK_SECRET ??
        (withLocalFlowglad && !production ? developmentSecrets.webhookSecret : null),
    },
    authSecret: env.AUTH_SECRET,
    mail: env.SMTP_URL
      ? {
          smtpUrl: env.SMTP_URL,
          from: env.MAIL_FROM ?? `Studio <no-reply@${new URL(publicUrl).hostname}>`,
        }
      : null,
    signUpVerification: (env.SIGNUP_VERIFICATION ?? (env.SMTP_URL ? 'on' : 'off')) === 'on',
    openCreditsByDefault: env.SIGNUP_VERIFICATION === undefined && env.SMTP_URL === undefined,
    operators: env.OPERATORS,
    trustProxy: env.TRUST_PROXY,
    holdTtlMs: env.HOLD_TTL_MS,
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
    rateLimit: env.RATE_LIMIT === 'on',
    // With a delay of 150 ms, a developer can watch a text arrive and see its held units.
    studioLatencyMs: env.STUDIO_LATENCY_MS ?? (production ? 0 : 150),
    // An API key alone must not enable the endpoint, because a key in a developer's shell would then let the
    // demo spend the developer's money.
    openAi: env.OPENAI_BASE_URL
      ? {
          baseUrl: env.OPENAI_BASE_URL.replace(/\/+$/, ''),
          apiKey: env.OPENAI_API_KEY ?? null,
          imageModel: env.OPENAI_IMAGE_MODEL,
          textModel: env.OPENAI_TEXT_MODEL,
        }
      : null,
    webRoot: resolve(repository, 'apps/web/dist'),
  }
}

function databaseOf(url: string): Env['database'] {
  if (!url.startsWith('file:')) return { type: 'postgres', url }
  const file = resolve(url.replace(/^file:(\/\/(?=\/))?/, ''))
  return { type: 'sqlite', file }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/**
 * Returns the variants of a loopback origin, one for each loopback name, or an empty list for any other
 * origin.
 */
function loopbackAliases(url: string): string[] {
  if (!isLoopback(url)) return []
  return ['localhost', '127.0.0.1', '[::1]'].map((name) => {
    const alias = new URL(url)
    alias.hostname = name
    return alias.origin
  })
}
