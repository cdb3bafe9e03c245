import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { completeCheckout } from '../billing/completeCheckout.ts'
import { applyDiscount } from '../billing/discounts.ts'
import { isFailurePlanned, takePlannedFailure } from '../billing/plannedFailure.ts'
import { findTestCard, testPayer } from '../billing/testCards.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import { findIn, firstOf, type Organizations } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { Problem, plainMessage } from '../platform/problems.ts'
import { dueToday } from './checkoutOrder.ts'
import { checkoutPage, confirmPage, finishedPage } from './checkoutPage.ts'
import type { FormError } from './formField.ts'
import { sendPage } from './layout.ts'

/** A text field. Each kind of invalid input has a message for the page, including a missing or repeated field. */
const field = (missing: string, tooLong: string) => z.string(missing).trim().min(1, missing).max(200, tooLong)

const payment = z.object({
  name: field('Enter the name on the card.', 'Enter a name of at most 200 characters.'),
  email: field('Enter an email address.', 'Enter an email address of at most 200 characters.'),
  card: z.string('Enter a card number.'),
  /** The test card whose button was pressed. */
  testCard: z.string('Choose one test card.').optional(),
  /** The customer's answer on the confirmation page. */
  confirmed: z.enum(['yes', 'no'], 'Confirm or decline the payment.').optional(),
})

/** The values that the customer entered. If the form has an error, the page shows these values again. */
const text = z.string().catch('')
const typed = z.object({ name: text, email: text, card: text })

/** Adds the hosted checkout, where an application's customers pay before they return to the application. */
export function checkoutPages(app: FastifyInstance, organizations: Organizations): void {
  const find = (id: string) => {
    const found = findIn(organizations, (db) => db.checkoutSessions.find(id))
    return { platform: found?.platform ?? firstOf(organizations).platform, session: found?.record }
  }

  for (const path of ['/checkout/:id', '/add-payment-method/:id']) {
    app.get<{ Params: { id: string } }>(path, async (request, reply) => {
      const { platform, session } = find(request.params.id)
      if (!session) return unknownSession(platform, reply)
      return sendPage(reply, openOrFinished(platform, session))
    })

    app.post<{ Params: { id: string } }>(path, async (request, reply) => {
      const { platform, session } = find(request.params.id)
      if (!session) return unknownSession(platform, reply)
      if (session.status === 'succeeded') return backToApplication(session, reply)
      if (!isOpen(platform, session)) return sendPage(reply, openOrFinished(platform, session))
      return pay(platform, session, request.body, reply)
    })
  }

  app.post<{ Params: { id: string } }>('/checkout/:id/discount', async (request, reply) => {
    const { platform, session } = find(request.params.id)
    if (!session) return unknownSession(platform, reply)
    if (!isOpen(platform, session)) return sendPage(reply, openOrFinished(platform, session))
    const { code } = z.object({ code: z.string() }).catch({ code: '' }).parse(request.body)
    const taken = platform.db.transaction(() => applyDiscount(platform, platform.clock.now(), session, code))
    if (taken || code === '') return reply.redirect(`/checkout/${session.id}`, 303)
    const page = checkoutPage(
      platform,
      { ...session, discountId: null },
      {
        formError: { field: 'code', message: `The discount code “${code}” is not valid.` },
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
  const form = payment.safeParse(body ?? {})
  const again = (field: FormError['field'], message: string) => {
    const entered = typed.parse(body ?? {})
    if (form.success && form.data.testCard) entered.card = form.data.testCard
    const page = checkoutPage(platform, session, { formError: { field, message }, entered })
    return sendPage(reply, { ...page, status: 402 })
  }
  if (!form.success) {
    const [issue] = form.error.issues
    const at = issue?.path[0]
    return again(
      at === 'name' || at === 'email' || at === 'card' ? at : null,
      issue?.message ?? 'Fill in the form.',
    )
  }
  const { name, email, confirmed } = form.data
  const card = findTestCard(form.data.testCard ?? form.data.card)
  if (!card)
    return again(
      'card',
      'This is a test checkout. Use one of the test cards below. We have not saved the number you entered.',
    )
  if (card.outcome === 'declined')
    return again('card', 'Your card was declined. Nothing was charged. Try another card.')
  const payer = session.customerId
  if (payer !== null && isFailurePlanned(platform, payer) && dueToday(platform, session) > 0) {
    platform.db.transaction(() => takePlannedFailure(platform, payer))
    return again('card', 'Your card was declined. Nothing was charged. Try again or use another card.')
  }
  if (card.outcome === 'needs_action' && confirmed === undefined)
    return sendPage(reply, confirmPage(platform, session, { name, email, card: card.number }))
  if (confirmed === 'no') {
    const declined =
      dueToday(platform, session) > 0 ? 'You declined the payment.' : "You didn't confirm the card."
    return again('card', `${declined} Nothing was charged. Try again or use another card.`)
  }
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
      ? 'You already have a plan. Change it instead, or cancel it first.'
      : plainMessage(error).replace(/\.?$/, '.')
    return again(null, `${why} Nothing was charged.`)
  }
  return backToApplication(session, reply)
}

/**
 * Redirects to the application, or to the session's own page if the session has no success URL. Encodes the URL,
 * because a header can't contain line breaks or characters outside Latin-1.
 */
const backToApplication = ({ id, successUrl }: CheckoutSession, reply: FastifyReply) =>
  reply.redirect(successUrl === null ? `/checkout/${id}` : new URL(successUrl).href, 303)
