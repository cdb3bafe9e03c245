import type { Socket } from 'node:net'
import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { apiKeyRoutes } from './api/apiKeys.ts'
import { checkoutSessionRoutes } from './api/checkoutSessions.ts'
import { customerRoutes } from './api/customers.ts'
import { discountRoutes } from './api/discounts.ts'
import { featureRoutes } from './api/features.ts'
import { moneyRoutes } from './api/money.ts'
import { notServedRoutes } from './api/notServed.ts'
import { pingRoutes } from './api/ping.ts'
import { priceRoutes } from './api/prices.ts'
import { pricingModelRoutes } from './api/pricingModels.ts'
import { productFeatureRoutes } from './api/productFeatures.ts'
import { productRoutes } from './api/products.ts'
import { resourceClaimRoutes } from './api/resourceClaims.ts'
import { resourceRoutes } from './api/resources.ts'
import { createRoute } from './api/route.ts'
import { subscriptionItemFeatureRoutes } from './api/subscriptionItemFeatures.ts'
import { subscriptionRoutes } from './api/subscriptions.ts'
import { testControlRoutes } from './api/testControls.ts'
import { usageEventRoutes } from './api/usageEvents.ts'
import { usageMeterRoutes } from './api/usageMeters.ts'
import { webhookRoutes } from './api/webhooks.ts'
import { observeApi } from './observeApi.ts'
import { checkoutPages } from './pages/checkoutPages.ts'
import { controlPages } from './pages/controlPages.ts'
import { dashboardPages } from './pages/dashboardPages.ts'
import { objectPages } from './pages/objectPages.ts'
import { portalPages } from './pages/portalPages.ts'
import { receiptPages } from './pages/receipts.ts'
import { requestPages } from './pages/requestPages.ts'
import { style } from './pages/style.ts'
import { webhookPages } from './pages/webhookPages.ts'
import { explainOnce } from './platform/explainOnce.ts'
import { createRequestId } from './platform/ids.ts'
import { firstOf, type Organization } from './platform/organizations.ts'
import type { AddKey, Advance } from './platform/Platform.ts'
import { malformed, Problem, unsupportedType } from './platform/problems.ts'
import { createRequestLog } from './platform/requestLog.ts'
import { rejectForeignRequests } from './rejectForeignRequests.ts'
import { isRecord } from './rules/isRecord.ts'
import type { WebhookSender } from './webhooks/createWebhookSender.ts'

const bodyLimitBytes = 16 * 1024 * 1024
/** The calls that take no input. For these calls, the platform accepts an empty body. */
const mayHaveEmptyBody = /^\/api\/v1\/(subscriptions\/[^/]+\/uncancel|product-features\/[^/]+\/expire)$/

const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]'])

const noCompiler = () => {
  throw new Error('No route may have a Fastify schema')
}

const unauthorized = (text: string) => new Problem('UNAUTHORIZED', text)

/**
 * Builds the HTTP server: Flowglad's API below `/api/v1`, the hosted pages and the test controls. Doesn't
 * start listening.
 */
export function buildServer({
  organizations,
  testControls,
  beforeRequest,
  advance,
  addKey,
}: {
  organizations: ReadonlyMap<string, Organization & { webhooks: WebhookSender }>
  testControls: boolean
  /** Called before each request to run everything that is due. */
  beforeRequest: () => void
  advance: Advance
  addKey: AddKey
}): FastifyInstance {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    genReqId: createRequestId,
    forceCloseConnections: true,
    // Let the `onRequest` hook below reject requests without a host header.
    http: { requireHostHeader: false },
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 2000 },
    // The routes parse their input with zod. Loading Fastify's own compilers would delay the start.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    frameworkErrors: (error, request, reply) => {
      const answer = answerTo(error, String(request.id))
      reply.raw.writeHead(answer.status, { 'content-type': answer.type }).end(JSON.stringify(answer.body))
    },
  })
  const requestLog = createRequestLog()
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id)
    // Without this check, another site could point its DNS name at this server and read data with its
    // scripts (DNS rebinding).
    if (!ownNames.has(request.hostname))
      throw new Problem('FORBIDDEN', 'This server accepts only requests to 127.0.0.1, localhost or [::1]')
    beforeRequest()
  })
  const explain = explainOnce()
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Problem && error.code === 'NOT_IMPLEMENTED')
      explain(`${request.method} ${request.routeOptions.url} isn't implemented. ${error.message}`)
    const answer = answerTo(
      isMalformedType(error) ? unsupportedType(request.headers['content-type']) : error,
      String(request.id),
    )
    return reply.code(answer.status).type(answer.type).send(answer.body)
  })

  app.register(
    async (api) => {
      const authorized = ({ headers }: FastifyRequest) => authorize(headers.authorization, organizations)
      const now = () => firstOf(organizations).platform.clock.now()
      const { keepBody } = observeApi(api, { requestLog, now, authorize: authorized })
      parseEveryBodyAsJson(api, keepBody)
      api.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('Not Found'))
      const route = createRoute(api, (request) => authorized(request).platform)
      customerRoutes(route)
      usageEventRoutes(route)
      checkoutSessionRoutes(route)
      pricingModelRoutes(route)
      subscriptionRoutes(route)
      productRoutes(route)
      priceRoutes(route)
      usageMeterRoutes(route)
      featureRoutes(route)
      productFeatureRoutes(route)
      resourceRoutes(route)
      resourceClaimRoutes(route)
      moneyRoutes(route)
      discountRoutes(route)
      subscriptionItemFeatureRoutes(route)
      webhookRoutes(route)
      pingRoutes(route)
      apiKeyRoutes(route)
      notServedRoutes(route)
    },
    { prefix: '/api/v1' },
  )
  if (testControls) {
    app.register(
      async (controls) => {
        parseEveryBodyAsJson(controls)
        controls.addHook('onRequest', rejectForeignRequests)
        testControlRoutes(controls, organizations, { advance, addKey })
      },
      { prefix: '/__test__' },
    )
  }
  app.register(async (pages) => {
    await pages.register(formbody)
    pages.addHook('onRequest', rejectForeignRequests)
    pages.addHook('preValidation', rejectBodiesWithoutFields)
    // These headers prevent another site from loading the pages as images or scripts.
    pages.addHook('onSend', async (_request, reply) => {
      reply.headers({ 'cross-origin-resource-policy': 'same-origin', 'x-content-type-options': 'nosniff' })
    })
    pages.get('/assets/style.css', (_request, reply) => reply.type('text/css').send(style))
    checkoutPages(pages, organizations)
    portalPages(pages, organizations)
    receiptPages(pages, organizations)
    dashboardPages(pages, organizations, { advance, testControls, requestLog })
    webhookPages(pages, organizations, { testControls })
    requestPages(pages, organizations, requestLog)
    objectPages(pages, organizations)
    if (testControls) controlPages(pages, organizations)
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('Not Found'))
  return app
}

/**
 * Checks the API key and returns its organization. The prefix "Bearer" is optional and
 * case-insensitive. Any other header that contains a space is malformed.
 */
function authorize<O>(header: string | undefined, organizations: ReadonlyMap<string, O>): O {
  if (!header) throw unauthorized('Unauthorized. Authorization header is required.')
  const bearer = /^bearer (.*)$/i.exec(header.trim())
  const presented = bearer?.[1] ?? header.trim()
  if (!bearer && presented.includes(' '))
    throw unauthorized('Invalid authorization format. Use "Bearer <key>" or "<key>".')
  const organization = organizations.get(presented.trim())
  if (!organization) throw unauthorized('API key invalid. Key not found in local database.')
  return organization
}

/**
 * Parses every body as JSON, regardless of its content type. Like the platform, reports invalid JSON before an
 * unsupported content type.
 */
function parseEveryBodyAsJson(
  app: FastifyInstance,
  keepBody: (request: FastifyRequest, body: string) => void = () => {},
): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    keepBody(request, body.toString())
    if (request.is404 || (body === '' && !needsBody(request))) return done(null, {})
    try {
      done(null, parseJson(body.toString()))
    } catch {
      done(invalidJson)
    }
  })
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && needsBody(request)) throw invalidJson
  })
}

/**
 * Parses JSON. Like the platform's database, replaces a lone surrogate with the replacement character.
 * Otherwise, the surrogate could end up in a URL, and a URL can't contain it.
 */
const parseJson = (text: string): unknown =>
  /\\u[dD][89a-fA-F]/.test(text)
    ? JSON.parse(text, (_, value) => (typeof value === 'string' ? Buffer.from(value).toString() : value))
    : JSON.parse(text)

/** Returns whether the route exists and requires a body. */
const needsBody = ({ is404, method, url }: FastifyRequest) =>
  !is404 && (method === 'POST' || method === 'PUT') && !mayHaveEmptyBody.test(url.split('?')[0] ?? '')

/** Returns whether Fastify rejected the content type because it isn't a media type, for example "text". */
const isMalformedType = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'

/**
 * Rejects a body that isn't a form or a JSON object, for example a JSON string. Accepts a request without a
 * body.
 */
async function rejectBodiesWithoutFields({ body }: FastifyRequest): Promise<void> {
  if (body !== undefined && body !== null && !isRecord(body))
    throw new Problem('BAD_REQUEST', 'The body must be a form or a JSON object')
}

const invalidJson = malformed('Invalid JSON in request body')

/** Returns the platform's response to an error. A 401 is plain text, and other errors are JSON. */
function answerTo(error: unknown, requestId: string) {
  const { code, status, body, hasCode } = asProblem(error)
  if (code === 'UNAUTHORIZED') return { status, type: 'text/plain', body }
  return {
    status,
    type: 'application/json',
    body: { error: body, ...(hasCode && { code }), request_id: requestId },
  }
}

/**
 * Responds to malformed or oversized HTTP requests. They never reach a route. Closes an aborted connection.
 */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, text] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The request headers are too large']
      : ['400 Bad Request', 'Malformed HTTP request']
  const answer = answerTo(malformed(text), createRequestId())
  const body = JSON.stringify(answer.body)
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${answer.type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/**
 * Converts any error to a `Problem`. Fastify's 4xx errors become 413 or 400, and unexpected errors become
 * 500.
 */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const message = error instanceof Error ? error.message : String(error)
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413) return new Problem('PAYLOAD_TOO_LARGE', message)
  if (status >= 400 && status < 500) return new Problem('BAD_REQUEST', message)
  process.stderr.write(`flowglad-local: ${error instanceof Error ? error.stack : message}\n`)
  return new Problem('INTERNAL_SERVER_ERROR', message)
}
