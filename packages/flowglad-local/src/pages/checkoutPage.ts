import { findTestCard, type TestCard, testCardExpiry, testCards } from '../billing/testCards.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Platform } from '../platform/Platform.ts'
import { orderOf, productOf } from './checkoutOrder.ts'
import { cardNumber, every, money } from './format.ts'
import { type FormError, field } from './formField.ts'
import { type Html, html } from './html.ts'
import { testModeBar } from './layout.ts'

interface Page {
  title: string
  body: Html
  layout: 'narrow'
  status?: number
}

interface Entered {
  name: string
  email: string
  card: string
}

/** Returns the payment page, with the order on the left and the payment on the right. */
export function checkoutPage(
  platform: Platform,
  session: CheckoutSession,
  { formError, entered }: { formError?: FormError; entered?: Entered } = {},
): Page {
  const order = orderOf(platform, session, formError)
  const card = entered && findTestCard(entered.card) ? entered.card : testCards[0].number
  const expiry = `${testCardExpiry.month} / ${String(testCardExpiry.year).slice(2)}`
  const explain = (testCard: TestCard) =>
    order.dueToday > 0 ? testCard.explanation : testCard.explanationIfFree
  const verb = order.verb === 'Save' ? 'Save' : `${order.verb} with`
  // After an invalid discount code, the page has the URL of the discount form, so the payment form needs an explicit
  // URL.
  const path = `/${session.type === 'add_payment_method' ? 'add-payment-method' : 'checkout'}/${session.id}`
  const body = html`${testModeBar()}
<main class="two">
  ${formError?.field === null && html`<p class="note bad" role="alert">${formError.message}</p>`}
  <section class="stack" aria-label="Your order">
    ${order.summary}
  </section>
  <section class="card" aria-label="Payment">
    <form method="post" action="${path}" class="stack">
      <h2>${order.action.startsWith('Pay') ? 'Pay by card' : 'Your card'}</h2>
      ${field('Email', 'email', formError, html`type="email" autocomplete="email" required value="${entered?.email ?? session.customerEmail}"`)}
      ${field('Name on card', 'name', formError, html`autocomplete="cc-name" required value="${entered?.name ?? session.customerName}"`)}
      ${field('Card number', 'card', formError, html`class="mono" inputmode="numeric" autocomplete="off" required value="${cardNumber(card)}"`)}
      <div class="pair">
        <label>Expiry <input name="expiry" autocomplete="off" value="${expiry}"></label>
        <label>CVC <input name="cvc" inputmode="numeric" autocomplete="off" value="123"></label>
      </div>
      <button class="primary full">${order.action}</button>
      ${session.cancelUrl && html`<a class="button full" href="${session.cancelUrl}">Cancel and go back</a>`}
      <div class="tight">
        <h3>Test cards</h3>
        <p class="small soft">This checkout accepts only these cards, with any expiry date and CVC.</p>
        <ul class="cards small">
          ${testCards.map(
            (testCard) => html`<li>
            <span><span class="mono">${cardNumber(testCard.number)}</span><br>
            <span class="soft">${explain(testCard)}</span></span>
            <button class="small" name="testCard" value="${testCard.number}" formnovalidate
              aria-label="${verb} ${cardNumber(testCard.number)}, which ${explain(testCard)}">${order.verb}</button>
          </li>`,
          )}
        </ul>
      </div>
    </form>
  </section>
</main>`
  return { title: `${order.title} · Checkout`, body, layout: 'narrow' }
}

/** Returns the bank's page that asks the customer to confirm the payment. */
export function confirmPage(platform: Platform, session: CheckoutSession, entered: Entered): Page {
  const order = orderOf(platform, session)
  return {
    title: `Confirm · ${order.title} · Checkout`,
    layout: 'narrow',
    body: html`${testModeBar()}
<main class="single">
  <form method="post" class="card stack">
    <h1>Your bank asks you to confirm</h1>
    <div class="lines">
      <div><span>${order.title}</span><span>${money(order.dueToday)}</span></div>
      <div><span>Card</span><span>•••• ${entered.card.slice(-4)}</span></div>
    </div>
    <input type="hidden" name="name" value="${entered.name}">
    <input type="hidden" name="email" value="${entered.email}">
    <input type="hidden" name="card" value="${entered.card}">
    <button class="primary full" name="confirmed" value="yes">${order.dueToday === 0 ? 'Confirm' : `Confirm ${money(order.dueToday)}`}</button>
    <button class="full" name="confirmed" value="no">Decline</button>
  </form>
</main>`,
  }
}

/** Returns the page for a session that is completed, expired or unknown. */
export function finishedPage({ db }: Platform, session: CheckoutSession | null): Page {
  const [title, text] =
    session === null
      ? ['Checkout not found', 'This checkout link is not valid. Return to the app and try again.']
      : session.status !== 'succeeded'
        ? ['This checkout has expired', 'Nothing was charged. Return to the app and try again.']
        : session.type === 'add_payment_method'
          ? ['Card saved', 'Nothing was charged. You can return to the app.']
          : [
              'This checkout is complete',
              session.type === 'product' && session.priceId
                ? completedText(db, session.priceId)
                : 'You can return to the app.',
            ]
  const back = session && (session.status === 'succeeded' ? session.successUrl : session.cancelUrl)
  return {
    title,
    layout: 'narrow',
    status: session === null ? 404 : session.status === 'succeeded' ? 200 : 410,
    body: html`${testModeBar()}
<main class="single"><section class="card stack">
  <h1>${title}</h1>
  <p>${text}</p>
  ${back && html`<a class="button primary" href="${back}">${session.status === 'succeeded' ? 'Continue' : 'Go back'}</a>`}
</section></main>`,
  }
}

function completedText(db: Platform['db'], priceId: string): string {
  const { type, intervalUnit, intervalCount } = db.prices.get(priceId)
  const { name } = productOf(db, priceId)
  return type === 'subscription'
    ? `You are on ${name}. It renews every ${every(intervalUnit, intervalCount)} until you cancel.`
    : `${name} is yours. This was a one-time payment.`
}
