import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { completeCheckout } from '../billing/completeCheckout.ts'
import { findTestCard, testCards, testPayer } from '../billing/testCards.ts'
import type { Advance, Platform } from '../platform/Platform.ts'
import { badRequest, notFound } from '../platform/problems.ts'

const advanceInput = z.object({ ms: z.int().nonnegative() })
const completeInput = z.object({
  outcome: z.enum(['paid', 'declined']).default('paid'),
  /** The number of a test card. */
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

/**
 * Adds the routes that move the clock and complete checkouts without a browser. The server adds these routes
 * only if test controls are enabled.
 */
export function testControlRoutes(app: FastifyInstance, platform: Platform, advance: Advance): void {
  app.get('/clock', async () => ({ now: platform.clock.now() }))

  app.post('/clock/advance', async (request) => {
    const parsed = advanceInput.safeParse(request.body)
    if (!parsed.success) throw badRequest(parsed.error.issues)
    advance(parsed.data.ms)
    return { now: platform.clock.now() }
  })

  app.post<{ Params: { id: string } }>('/checkout-sessions/:id/complete', async (request) => {
    const parsed = completeInput.safeParse(request.body ?? {})
    if (!parsed.success) throw badRequest(parsed.error.issues)
    const session = platform.db.checkoutSessions.find(request.params.id)
    if (!session) throw notFound(`No checkout sessions found with id: ${request.params.id}`)
    if (parsed.data.outcome === 'declined') return { checkoutSession: session }
    const { card } = parsed.data
    return platform.db.transaction(() => ({
      checkoutSession: completeCheckout(platform, platform.clock.now(), session, {
        ...testPayer,
        card,
      }),
    }))
  })
}
