import helmet from '@fastify/helmet'
import { billingRoutes, sendBillingError } from '@metered/billing/fastify'
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify'
import type { Auth } from './account/auth.ts'
import { authRoutes } from './account/authRoutes.ts'
import { customerOf, EmailUnverifiedError } from './account/verification.ts'
import { databaseDenial, isUnavailable } from './database/unavailable.ts'
import type { Env } from './env.ts'
import { createHttpOptions } from './http/createHttpOptions.ts'
import { guardRequests } from './http/guardRequests.ts'
import { refuseForeignOrigins } from './http/refuseForeignOrigins.ts'
import { RequestLog } from './http/requestLog.ts'
import { readWeb, serveWeb } from './http/serveWeb.ts'
import { closeSlowClients, type SlowClientLimits } from './http/slowClients.ts'
import { fastifyTrustProxy } from './http/trustProxy.ts'
import { createAddressLimits, noAddressLimits } from './limits/addressLimits.ts'
import { QueueFullError } from './limits/fairQueue.ts'
import { createReadSession, limitBillingRoutes } from './limits/limitAnonymousCalls.ts'
import { limits } from './limits/limits.ts'
import { limitedBy, RateLimitedError } from './limits/rateLimit.ts'
import type { Mailbox } from './mail/mailbox.ts'
import { mailboxRoute } from './mail/mailboxRoute.ts'
import { type AppRouter, createAppRouter, type RouterParts } from './router.ts'
import { pictureRoutes } from './studio/pictureRoutes.ts'
import { orServiceUnavailable, tooManyRequests } from './trpc.ts'

export interface AppParts extends RouterParts {
  env: Pick<Env, 'production' | 'publicUrl' | 'trustedOrigins' | 'trustProxy' | 'rateLimit' | 'webRoot'>
  auth: Auth
  /** Holds the emails for the page at /dev/mailbox. Null if there is no such page. */
  mailbox: Mailbox | null
  log: FastifyBaseLogger
  /** Default: `limits.slowClients`. */
  slowClients?: SlowClientLimits | undefined
  /** Returns the reason that the app's tables aren't ready, or null if they are. */
  databaseProblem: () => string | null
}

/** Builds the Fastify app with all its plugins, but doesn't listen yet. */
export async function buildApp({
  env,
  auth,
  mailbox,
  log,
  databaseProblem,
  ...parts
}: AppParts): Promise<FastifyInstance> {
  const { billing, pictures, slowClients = limits.slowClients } = parts
  const app = Fastify({
    ...createHttpOptions(slowClients),
    loggerInstance: log,
    logController: new RequestLog(),
    trustProxy: fastifyTrustProxy(env.trustProxy),
    // The path of a batch request is long, because it contains the names of all its procedures.
    routerOptions: { maxParamLength: 5_000 },
  })
  const web = env.production ? readWeb(env.webRoot) : null
  const addressLimits = env.rateLimit ? createAddressLimits() : noAddressLimits
  const readSession = createReadSession(auth, addressLimits)
  const encrypted = env.publicUrl.startsWith('https:')
  closeSlowClients(app, slowClients)
  refuseForeignOrigins(app, billing)
  guardRequests(app)

  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", ...(web?.inlineScripts ?? [])],
        // Allow inline styles, because Mantine sets them.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        // `upgrade-insecure-requests` and Strict-Transport-Security (below) would break plain http://localhost.
        upgradeInsecureRequests: encrypted ? [] : null,
      },
    },
    strictTransportSecurity: encrypted,
  })

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isDatabaseDown = isUnavailable(error)
    if (isDatabaseDown) request.log.warn({ reason: reasonOf(error) }, 'The database is not available')
    if (sendBillingError(isDatabaseDown ? databaseDenial(error) : error, reply)) return reply
    if (error instanceof EmailUnverifiedError) return reply.code(403).send(error.toFlowgladAnswer())
    if (error instanceof RateLimitedError) {
      const { message, retryAfterMs, retryAfterSeconds } = error
      reply.code(429).header('retry-after', retryAfterSeconds)
      return reply.send({ error: 'too_many_requests', message, retryAfterMs })
    }
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ error: 'bad_request', message: error.message })
    request.log.error({ err: error }, 'A request failed')
    return reply
      .code(status)
      .send({ error: 'internal', message: 'Something went wrong on our side. Try again in a moment.' })
  })

  const user = async (request: FastifyRequest) => (await readSession(request)).user
  await app.register(authRoutes, { auth, publicUrl: env.publicUrl, addressLimits })
  if (mailbox) await app.register(mailboxRoute, { mailbox, origins: [env.publicUrl, ...env.trustedOrigins] })
  await app.register(pictureRoutes, { user, pictures })
  await app.register(async (routes) => {
    limitBillingRoutes(routes, { readSession, addressLimits })
    routes.addHook('preHandler', async (request, reply) => {
      const problem = request.routeOptions.url === '/readyz' ? databaseProblem() : null
      if (problem === null) return
      const health = await billing.health()
      // The ledger uses the same database. If the ledger is unavailable too, report the ledger's reasons, which are
      // more helpful.
      const reasons =
        health.status === 'unavailable' ? health.reasons : [`Waiting for the database: ${problem}`]
      return reply.code(503).send({ ...health, status: 'unavailable', reasons })
    })
    await routes.register(billingRoutes, {
      billing,
      async customer(request) {
        const signedIn = await user(request)
        return signedIn && customerOf(signedIn)
      },
      limit: ({ id }) => limitedBy(parts.rateLimit, id),
    })
  })
  await app.register(async (trpc) => {
    // Refuse reads too, because no page on another origin needs this app's API.
    trpc.addHook('onRequest', async (request) => billing.assertTrustedOrigin(request))
    // The responses contain customers' data, so caches must not store them.
    trpc.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    // A mutation without input sends an empty body. Treat an empty body as an empty object.
    trpc.addHook('preValidation', async (request) => {
      if (request.body === '') request.body = '{}'
    })
    await trpc.register(fastifyTRPCPlugin, {
      prefix: '/trpc',
      trpcOptions: {
        router: createAppRouter(parts),
        maxBatchSize: limits.batchCalls,
        async createContext({ req, res, info }) {
          const { user, session, cookies } = await readSession(req, info.calls.length).catch(
            (error: unknown) => {
              if (!(error instanceof RateLimitedError)) throw orServiceUnavailable(error)
              res.header('retry-after', error.retryAfterSeconds)
              throw tooManyRequests(error)
            },
          )
          for (const cookie of cookies) res.header('set-cookie', cookie)
          return { user, session, ...billing.trpc.request({ req, res, info }) }
        },
        onError({ error, path }) {
          // Denials are normal responses. Log only failures of this server and of the services that it uses.
          if (error.cause instanceof QueueFullError) return
          if (error.code === 'SERVICE_UNAVAILABLE') log.warn({ path, reason: reasonOf(error) }, error.message)
          else if (error.code === 'INTERNAL_SERVER_ERROR')
            log.error({ err: error.cause ?? error, path }, 'A call failed')
        },
      } satisfies FastifyTRPCPluginOptions<AppRouter>['trpcOptions'],
    })
  })
  if (web) serveWeb(app, web)
  else if (env.production)
    log.warn(`Serving the API only: ${env.webRoot} does not exist. Run "pnpm build" to build the web app.`)
  return app
}

const reasonOf = ({ cause }: Error) => (cause instanceof Error ? cause.message : undefined)
