import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { completeCheckout } from '../billing/completeCheckout.ts'
import { takePlannedFailure } from '../billing/plannedFailure.ts'
import { findTestCard, testCards, testPayer } from '../billing/testCards.ts'
import { faults, maxLatencyMs } from '../platform/conditions.ts'
import { findIn, firstOf, type Organizations } from '../platform/organizations.ts'
import type { AddKey, Advance } from '../platform/Platform.ts'
import { badRequest, notFound, Problem } from '../platform/problems.ts'
import { PricingError } from '../pricing/PricingError.ts'
import { apiKey } from '../rules/apiKey.ts'

const advanceInput = z.object({ ms: z.int().nonnegative() })
const completeInput = z.object({
  outcome: z.enum(['paid', 'declined']).default('paid'),
  /** The number of a test card that accepts this payment. */
  card: z
    .string()
    .default(testCards[0].number)
    .transform((number, context) => {
      const card = findTestCard(number)
      if (card?.outcome === 'paid') return card
      context.addIssue({ code: 'custom', message: 'Send the number of a test card whose payments succeed' })
      return z.NEVER
    }),
})

const keyInput = z.object({
  key: apiKey.optional(),
  /** A pricing setup as an object, or a pricing file's content in YAML or JSON. */
  pricing: z.union([z.string(), z.record(z.string(), z.unknown())]),
})

const conditionsInput = z.object({
  /** The API key whose calls are affected. Default: the first key. */
  key: z.string().optional(),
  latencyMs: z.int().nonnegative().max(maxLatencyMs).optional(),
  fault: z.enum(faults).optional(),
})

/**
 * Adds the routes that move the clock, add API keys, simulate latency and faults, and complete checkouts without a
 * browser. The server adds these routes only if test controls are enabled.
 */
export function testControlRoutes(
  app: FastifyInstance,
  organizations: Organizations,
  { advance, addKey }: { advance: Advance; addKey: AddKey },
): void {
  const { clock } = firstOf(organizations).platform
  app.get('/clock', async () => ({ now: clock.now() }))

  app.post('/clock/advance', async (request) => {
    const parsed = advanceInput.safeParse(request.body)
    if (!parsed.success) throw badRequest(parsed.error.issues)
    advance(parsed.data.ms)
    return { now: clock.now() }
  })

  app.post('/keys', async (request) => {
    const parsed = keyInput.safeParse(request.body)
    if (!parsed.success) throw badRequest(parsed.error.issues)
    const { key, pricing } = parsed.data
    try {
      return { key: addKey({ ...(key !== undefined && { key }), pricing }).key }
    } catch (error) {
      if (error instanceof PricingError) throw new Problem('BAD_REQUEST', error.message)
      throw error
    }
  })

  app.post('/conditions', async (request) => {
    const parsed = conditionsInput.safeParse(request.body)
    if (!parsed.success) throw badRequest(parsed.error.issues)
    const { key, ...changes } = parsed.data
    const organization = key === undefined ? firstOf(organizations) : organizations.get(key)
    if (!organization)
      throw new Problem('BAD_REQUEST', `The server has no API key ${key}. Add the key or use another one.`)
    return Object.assign(organization.conditions, changes)
  })

  app.post<{ Params: { id: string } }>('/checkout-sessions/:id/complete', async (request) => {
    const parsed = completeInput.safeParse(request.body ?? {})
    if (!parsed.success) throw badRequest(parsed.error.issues)
    const found = findIn(organizations, (db) => db.checkoutSessions.find(request.params.id))
    if (!found) throw notFound(`No checkout sessions found with id: ${request.params.id}`)
    const { platform, record: session } = found
    if (parsed.data.outcome === 'declined') return { checkoutSession: session }
    const { card } = parsed.data
    const payer = session.customerId
    if (payer !== null && platform.db.transaction(() => takePlannedFailure(platform, payer)))
      return { checkoutSession: session }
    return platform.db.transaction(() => ({
      checkoutSession: completeCheckout(platform, platform.clock.now(), session, {
        ...testPayer,
        card,
      }),
    }))
  })
}
