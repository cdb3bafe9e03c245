import { dueOnActivation } from '../billing/collect.ts'
import { continuedBy } from '../billing/completeCheckout.ts'
import { acceptsDiscounts } from '../billing/discounts.ts'
import { itemsAt } from '../billing/items.ts'
import { currentSubscriptions, trialEndOf } from '../billing/subscriptions.ts'
import { findTestCard, testCardExpiry, testCards } from '../billing/testCards.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Discount, Feature, Price } from '../database/records/pricing.ts'
import type { RenewingSubscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { discountOn } from '../rules/discount.ts'
import { elapsedFraction } from '../rules/period.ts'
import { proratedPrice } from '../rules/proration.ts'
import { cardNumber, count, day, every, inSentence, money } from './format.ts'
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

/** The error to show on the page, for one field or for the whole order. */
export interface FormError {
  field: 'email' | 'name' | 'card' | 'code' | null
  message: string
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
  // After an invalid discount code, the page has the address of the discount form.
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
            <span class="soft">${testCard.explanation}</span></span>
            <button class="small" name="testCard" value="${testCard.number}" formnovalidate
              aria-label="${order.verb} with ${cardNumber(testCard.number)}, which ${testCard.explanation}">${order.verb}</button>
          </li>`,
          )}
        </ul>
      </div>
    </form>
  </section>
</main>`
  return { title: `${order.title} · Checkout`, body, layout: 'narrow' }
}

/** Returns a form field with its error below it. A field with an error receives focus. */
const field = (
  label: string,
  name: FormError['field'],
  formError: FormError | undefined,
  attributes: Html,
): Html =>
  formError?.field === name
    ? html`<div class="field">
  <label>${label} <input name="${name}" ${attributes} aria-invalid="true" aria-describedby="formError" autofocus></label>
  <p class="small formError" id="formError" role="alert">${formError?.message}</p>
</div>`
    : html`<label>${label} <input name="${name}" ${attributes}></label>`

/** Returns the bank's page, which asks the customer to confirm the payment. */
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
      <div><span>${order.title}</span><span>${order.dueToday}</span></div>
      <div><span>Card</span><span>•••• ${entered.card.slice(-4)}</span></div>
    </div>
    <input type="hidden" name="name" value="${entered.name}">
    <input type="hidden" name="email" value="${entered.email}">
    <input type="hidden" name="card" value="${entered.card}">
    <button class="primary full" name="confirmed" value="yes">${order.dueToday === '$0.00' ? 'Confirm' : `Confirm ${order.dueToday}`}</button>
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
              `${session.priceId ? `${productOf(db, session.priceId).name} is yours. ` : ''}You will not be charged again.`,
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

const productOf = (db: Platform['db'], priceId: string) =>
  db.products.get(db.prices.get(priceId).productId ?? '')

/** Returns the labels and amounts that describe the order. */
function orderOf(platform: Platform, session: CheckoutSession, formError?: FormError) {
  if (session.type === 'add_payment_method' || !session.priceId) {
    return {
      title: 'Save a card',
      dueToday: money(0),
      action: 'Save card',
      verb: 'Save',
      summary: html`<h1>Save a card</h1>
<p class="soft">This card becomes the default for ${session.customerName ?? 'your account'} and pays future renewals. You pay nothing today.</p>`,
    }
  }
  const { db } = platform
  const price = db.prices.get(session.priceId)
  const product = productOf(db, price.id)
  const recurring = price.type === 'subscription'
  const now = platform.clock.now()
  const target = session.targetSubscriptionId ? db.subscriptions.get(session.targetSubscriptionId) : null
  const items = target ? itemsAt(platform, target.id, now) : []
  const quantity = items[0]?.quantity ?? session.quantity
  // A one-time price doesn't depend on the quantity (see `buyOnce`).
  const total = target
    ? items.reduce((sum, item) => sum + item.unitPrice * item.quantity, 0)
    : price.unitPrice * (recurring ? quantity : 1)
  const customer = session.customerId ? db.customers.get(session.customerId) : null
  const hasTrial = !target && (!customer || trialEndOf(platform, customer, price, now) !== null)
  const trialDays = hasTrial ? (price.trialPeriodDays ?? 0) : 0
  const free =
    recurring && session.customerId && session.type === 'product'
      ? currentSubscriptions(platform, session.customerId).find((s) => s.isFreePlan)
      : undefined
  const cycle = trialDays > 0 ? undefined : continuedBy(session, free)
  const beforeDiscount = target
    ? dueOnActivation(platform, now, target)
    : trialDays > 0
      ? 0
      : cycle
        ? restOf(cycle, now, price.unitPrice) * quantity
        : total
  const discount = session.discountId === null ? null : db.discounts.get(session.discountId)
  const off = discount ? discountOn(beforeDiscount, discount) : 0
  const dueToday = beforeDiscount - off
  const period = every(price.intervalUnit, price.intervalCount)
  const features = currentLinks(platform, product.id, now).map((link) => db.features.get(link.featureId))
  return {
    title: product.name,
    dueToday: money(dueToday),
    verb: dueToday > 0 ? 'Pay' : 'Start',
    action:
      session.type === 'activate_subscription'
        ? dueToday > 0
          ? `Pay ${money(dueToday)} and activate`
          : 'Activate'
        : dueToday > 0
          ? `Pay ${money(dueToday)}`
          : trialDays > 0
            ? 'Start free trial'
            : 'Get it free',
    summary: html`<div class="tight">
  <p class="soft">${recurring ? 'Subscribe to' : 'Buy from'} ${db.pricingModels.get(price.pricingModelId).name}</p>
  <h1>${product.name}</h1>
  ${product.description && html`<p class="soft">${product.description}</p>`}
</div>
<p class="price">${money(total)} ${recurring && html`<small>per ${period}</small>`}</p>
${
  features.length > 0 &&
  html`<ul class="grants">${features.map((feature) => html`<li>${grantText(platform, feature, price, quantity)}</li>`)}</ul>`
}
${recurring && overageTexts(platform, features).map((text) => html`<p class="small soft">${text}</p>`)}
<div class="lines">
  <div><span>${price.name ?? product.name}${recurring && quantity > 1 && ` × ${quantity}`}</span><span>${money(total)}</span></div>
  ${trialDays > 0 && html`<div><span>Free for ${trialDays} days</span><span>−${money(total)}</span></div>`}
  ${cycle && html`<div><span>Only until ${day(cycle.currentBillingPeriodEnd)}</span><span>−${money(total - beforeDiscount)}</span></div>`}
  ${discount && html`<div><span>${discount.code}: ${discountText(discount)}</span><span>${off > 0 && `−${money(off)}`}</span></div>`}
  <div class="total"><span>Due today</span><span>${money(dueToday)}</span></div>
</div>
${discountForm(platform, session, discount, formError)}
${
  recurring &&
  html`<p class="small soft">Renews every ${period}${cycle && ` from ${day(cycle.currentBillingPeriodEnd)}`} for ${money(total)}${discount && discount.duration !== 'once' && ', less any remaining discount,'} until you cancel.${
    trialDays > 0 && ` The first charge is on ${day(now + trialDays * 86_400_000)}.`
  }${free && ` Replaces ${(free.name ?? 'the free plan').replace(/ Subscription$/, '')}. The old plan's remaining credits expire.`}</p>`
}`,
  }
}

/**
 * Returns the price of usage beyond the plan's credits, for each meter that has one. The last, incomplete multiple of
 * `usageEventsPerUnit` costs as much as a complete one.
 */
function overageTexts({ db }: Platform, features: readonly Feature[]): string[] {
  const meterIds = new Set(features.flatMap(({ usageMeterId }) => usageMeterId ?? []))
  return [...meterIds].flatMap((id) => {
    const price = db.prices.by('meter', id).find(({ isDefault, active }) => isDefault && active)
    if (!price || price.unitPrice === 0) return []
    const per = price.usageEventsPerUnit ?? 1
    const rate = per === 1 ? 'each' : `per ${count(per)} or part of ${count(per)}`
    return `Extra ${inSentence(db.usageMeters.get(id).name)}: ${money(price.unitPrice)} ${rate}, on your next invoice.`
  })
}

const discountText = ({ amount, amountType, duration, numberOfPayments }: Discount) => {
  const off = amountType === 'percent' ? `${Math.min(amount, 100)}% off` : `${money(amount)} off`
  if (duration === 'forever') return `${off} every payment`
  return numberOfPayments === null || numberOfPayments === 1
    ? `${off} the first payment`
    : `${off} the first ${numberOfPayments} payments`
}

/** Returns the discount form, or false if the checkout doesn't accept discount codes. */
function discountForm(
  platform: Platform,
  session: CheckoutSession,
  discount: Discount | null,
  formError: FormError | undefined,
): Html | false {
  const action = `/checkout/${session.id}/discount`
  if (discount)
    return html`<form method="post" action="${action}"><button class="small" name="code" value="">Remove ${discount.code}</button></form>`
  return (
    acceptsDiscounts(platform, session) &&
    html`<form method="post" action="${action}" class="code">
  ${field('Discount code', 'code', formError, html`class="mono" autocomplete="off" maxlength="20" required`)}
  <button>Apply</button>
</form>`
  )
}

/** Returns the price for the rest of a billing period. */
const restOf = (cycle: RenewingSubscription, now: number, unitPrice: number) =>
  proratedPrice(
    unitPrice,
    elapsedFraction(now, cycle.currentBillingPeriodStart, cycle.currentBillingPeriodEnd),
  )

function grantText({ db }: Platform, feature: Feature, price: Price, quantity: number): Html {
  if (feature.type === 'toggle' || feature.amount === null) return html`${feature.name}`
  const amount = count(feature.amount * (price.type === 'subscription' ? quantity : 1))
  const unit = feature.usageMeterId
    ? inSentence(db.usageMeters.get(feature.usageMeterId).name)
    : inSentence(feature.name)
  const when =
    feature.type === 'resource'
      ? 'at the same time'
      : price.type === 'single_payment'
        ? 'for as long as your current plan lasts'
        : feature.renewalFrequency === 'once'
          ? 'once'
          : `every ${every(price.intervalUnit, price.intervalCount)}`
  return html`<span><strong>${amount} ${unit}</strong> <span class="soft">${when}</span></span>`
}
