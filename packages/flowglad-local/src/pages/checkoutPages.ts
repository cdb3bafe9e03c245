import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { completeCheckout } from '../billing/completeCheckout.ts'
import { applyDiscount } from '../billing/discounts.ts'
import { findTestCard, testPayer } from '../billing/testCards.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Platform } from '../platform/Platform.ts'
import { Problem, plainly } from '../platform/problems.ts'
import { checkoutPage, confirmPage, finishedPage, type Mistake } from './checkoutPage.ts'
import { sendPage } from './layout.ts'

const payment = z.object({
  name: z.string().trim().min(1, 'Enter the name on the card.').max(200),
  email: z.string().trim().min(1, 'Enter an email address.').max(200),
  card: z.string(),
  /** The button beside a test card, which pays with that card. */
  testCard: z.string().optional(),
  /** The answer to a card that asks for confirmation. */
  confirmed: z.enum(['yes', 'no']).optional(),
})

/** The same as it was typed, to show it again. */
const text = z.string().catch('')
const typed = z.object({ name: text, email: text, card: text })

/** The hosted checkout: where an application sends people to pay, and from where they come back to it. */
export function checkoutPages(app: FastifyInstance, platform: Platform): void {
  const find = (id: string) => platform.db.checkoutSessions.find(id)

  for (const path of ['/checkout/:id', '/add-payment-method/:id']) {
    app.get<{ Params: { id: string } }>(path, async (request, reply) => {
      const session = find(request.params.id)
      if (!session) return unknownSession(platform, reply)
      return sendPage(reply, openOrFinished(platform, session))
    })

    app.post<{ Params: { id: string } }>(path, async (request, reply) => {
      const session = find(request.params.id)
      if (!session) return unknownSession(platform, reply)
      if (session.status === 'succeeded') return backToApplication(session, reply)
      if (!isOpen(platform, session)) return sendPage(reply, openOrFinished(platform, session))
      return pay(platform, session, request.body, reply)
    })
  }

  app.post<{ Params: { id: string } }>('/checkout/:id/discount', async (request, reply) => {
    const session = find(request.params.id)
    if (!session) return unknownSession(platform, reply)
    if (!isOpen(platform, session)) return sendPage(reply, openOrFinished(platform, session))
    const { code } = z.object({ code: z.string() }).catch({ code: '' }).parse(request.body)
    const taken = platform.db.transaction(() => applyDiscount(platform, platform.clock.now(), session, code))
    if (taken || code === '') return reply.redirect(`/checkout/${session.id}`, 303)
    const page = checkoutPage(
      platform,
      { ...session, discountId: null },
      {
        mistake: { field: 'code', message: `There is no discount with the code “${code}”.` },
      },
    )
    return sendPage(reply, { ...page, status: 422 })
  })
}

const isOpen = (platform: Platform, session: CheckoutSession) =>
  session.status === 'open' && session.expires > platform.clock.now()

const openOrFinished = (platform: Platform, session: CheckoutSession) =>
  isOpen(platform, session) ? checkoutPage(platform, session) : finishedPage(platform, session)

function unknownSession(platform: Platform, reply: FastifyReply) {
  return sendPage(reply, finishedPage(platform, null))
}

function pay(platform: Platform, session: CheckoutSession, body: unknown, reply: FastifyReply) {
  const form = payment.safeParse(body)
  const again = (field: Mistake['field'], message: string) => {
    const entered = typed.parse(body ?? {})
    if (form.success && form.data.testCard) entered.card = form.data.testCard
    const page = checkoutPage(platform, session, { mistake: { field, message }, entered })
    return sendPage(reply, { ...page, status: 402 })
  }
  if (!form.success) {
    const [issue] = form.error.issues
    const at = issue?.path[0]
    return again(at === 'name' || at === 'email' ? at : null, issue?.message ?? 'Fill in the form.')
  }
  const { name, email, confirmed } = form.data
  const card = findTestCard(form.data.testCard ?? form.data.card)
  if (!card)
    return again(
      'card',
      'This is a test checkout: it takes only the test cards below. What you entered was not kept.',
    )
  if (card.outcome === 'declined')
    return again('card', 'Your card was declined. Nothing was charged: try another card.')
  if (card.outcome === 'needs_action' && confirmed === undefined)
    return sendPage(reply, confirmPage(platform, session, { name, email, card: card.number }))
  if (confirmed === 'no')
    return again('card', 'The confirmation was refused. Nothing was charged: try again or use another card.')
  try {
    platform.db.transaction(() =>
      completeCheckout(platform, platform.clock.now(), session, {
        name,
        email,
        address: testPayer.address,
        card,
      }),
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const why = error.message.startsWith('Subscription conflict')
      ? 'You already have a plan. Change it, or cancel it first.'
      : plainly(error).replace(/\.?$/, '.')
    return again(null, `${why} Nothing was charged.`)
  }
  return backToApplication(session, reply)
}

/** As a URL is sent: a header takes neither letters beyond Latin-1 nor line breaks, and by now the payment is made. */
const backToApplication = ({ successUrl }: CheckoutSession, reply: FastifyReply) =>
  reply.redirect(new URL(successUrl).href, 303)
