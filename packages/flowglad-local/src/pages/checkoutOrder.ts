import { dueOnActivation } from '../billing/collect.ts'
import { continuedBy } from '../billing/completeCheckout.ts'
import { acceptsDiscounts } from '../billing/discounts.ts'
import { itemsAt } from '../billing/items.ts'
import { currentSubscriptions, trialEndOf } from '../billing/subscriptions.ts'
import type { CheckoutSession } from '../database/records/checkoutSessions.ts'
import type { Discount, Feature, Price } from '../database/records/pricing.ts'
import type { RenewingSubscription, Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { currentLinks } from '../pricing/productFeatures.ts'
import { discountOn } from '../rules/discount.ts'
import { elapsedFraction } from '../rules/period.ts'
import { proratedPrice } from '../rules/proration.ts'
import { hasBoughtCredits } from './balances.ts'
import { count, day, every, inSentence, money } from './format.ts'
import { type FormError, field } from './formField.ts'
import { type Html, html } from './html.ts'
import { shownLines } from './invoiceLines.ts'
import { scheduledText, totalPrice } from './planTexts.ts'

export const productOf = (db: Platform['db'], priceId: string) =>
  db.products.get(db.prices.get(priceId).productId ?? '')

/** Returns the amount that completing the checkout charges, in cents. */
export const dueToday = (platform: Platform, session: CheckoutSession): number =>
  orderOf(platform, session).dueToday

/** Returns the labels and amounts that describe the order. */
export function orderOf(platform: Platform, session: CheckoutSession, formError?: FormError) {
  if (session.type === 'add_payment_method' || !session.priceId) {
    return {
      title: 'Save a card',
      dueToday: 0,
      action: 'Save card',
      verb: 'Save',
      summary: html`<h1>Save a card</h1>
<p class="soft">This card will become the default for ${session.customerName ?? 'your account'} and pay for future renewals. You pay nothing today.</p>`,
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
  const total = target ? totalPrice(items) : price.unitPrice * (recurring ? quantity : 1)
  const customer = session.customerId ? db.customers.get(session.customerId) : null
  const hasTrial = !target && (!customer || trialEndOf(platform, customer, price, now) !== null)
  const trialDays = hasTrial ? (price.trialPeriodDays ?? 0) : 0
  const free =
    session.customerId && session.type === 'product'
      ? currentSubscriptions(platform, session.customerId).find((s) => s.isFreePlan)
      : undefined
  const cycle = trialDays > 0 || !recurring ? undefined : continuedBy(session, free)
  const [plan] = session.customerId ? currentSubscriptions(platform, session.customerId) : []
  const planEndsAt = plan?.cancelScheduledAt ?? null
  const due = target && dueOnActivation(platform, now, target)
  const beforeDiscount = due
    ? due.amount
    : trialDays > 0
      ? 0
      : cycle
        ? restOf(cycle, now, price.unitPrice) * quantity
        : total
  const discount = session.discountId === null ? null : db.discounts.get(session.discountId)
  const off = discount ? discountOn(beforeDiscount, discount) : 0
  const dueToday = beforeDiscount - off
  const isOverdue = due?.isOverdue === true
  // Nothing is due, so the page only saves a card. For example, a retry has collected the overdue amount since the
  // session was opened.
  const isOnlyCard = due?.amount === 0 && target?.status !== 'incomplete' && !target?.isFreePlan
  const scheduled = target === null ? null : scheduledText(platform, target)
  const period = every(price.intervalUnit, price.intervalCount)
  const lines = due
    ? shownLines(due.lines)
    : [
        {
          text: `${price.name ?? product.name}${recurring && quantity > 1 ? ` × ${quantity}` : ''}`,
          amount: total,
        },
      ]
  // The subscription's remaining discount, from a code that was entered at an earlier checkout.
  const earlierOff = due ? lines.reduce((sum, { amount }) => sum + amount, 0) - due.amount : 0
  const purpose = !recurring
    ? 'Buy from'
    : isOverdue
      ? 'Payment due to'
      : isOnlyCard
        ? 'Your plan at'
        : 'Subscribe to'
  const features = currentLinks(platform, product.id, now).map((link) => db.features.get(link.featureId))
  return {
    title: product.name,
    dueToday,
    verb: dueToday > 0 ? 'Pay' : isOnlyCard ? 'Save' : 'Start',
    action: isOnlyCard
      ? 'Save card'
      : session.type === 'activate_subscription' && !isOverdue
        ? dueToday > 0
          ? `Pay ${money(dueToday)} and activate`
          : 'Activate'
        : dueToday > 0
          ? `Pay ${money(dueToday)}`
          : trialDays > 0
            ? 'Start free trial'
            : 'Get it free',
    summary: html`<div class="tight">
  <p class="soft">${purpose} ${db.pricingModels.get(price.pricingModelId).name}</p>
  <h1>${product.name}</h1>
  ${product.description && html`<p class="soft">${product.description}</p>`}
</div>
<p class="price">${isOverdue ? html`${money(dueToday)} <small>due today</small>` : html`${money(total)} ${recurring && html`<small>per ${period}</small>`}`}</p>
${
  features.length > 0 &&
  html`<ul class="grants">${features.map((feature) => html`<li>${grantText(platform, feature, price, quantity)}</li>`)}</ul>`
}
<div class="lines">
  ${lines.map(({ text, amount }) => html`<div><span>${text}</span><span>${money(amount)}</span></div>`)}
  ${earlierOff > 0 && html`<div><span>Discount</span><span>−${money(earlierOff)}</span></div>`}
  ${trialDays > 0 && html`<div><span>Free for ${trialDays} days</span><span>−${money(total)}</span></div>`}
  ${cycle && html`<div><span>Prorated until ${day(cycle.currentBillingPeriodEnd)}</span><span>−${money(total - beforeDiscount)}</span></div>`}
  ${discount && html`<div><span>${discount.code}: ${discountText(discount)}</span><span>${off > 0 && `−${money(off)}`}</span></div>`}
  <div class="total"><span>Due today</span><span>${money(dueToday)}</span></div>
</div>
${discountForm(platform, session, discount, formError)}
${recurring && overageText(platform, features)}
${
  !recurring &&
  features.some(({ type }) => type === 'usage_credit_grant') &&
  html`<p class="small soft">These credits don't expire at renewal. You keep them until your plan ends${planEndsAt !== null && ` on ${day(planEndsAt)}`}${free && ` or you upgrade from ${planTitle(free)}`}.</p>`
}
${
  recurring &&
  html`<p class="small soft">${[
    isOnlyCard && 'Nothing is due. This page saves a card for your plan.',
    isOverdue &&
      `This payment covers the overdue amount${scheduled === null ? ', and your subscription will continue' : ''}.`,
    scheduled !== null
      ? `${product.name} ${scheduled}.`
      : renewalText(cycle ?? (isOverdue || isOnlyCard ? target : null), {
          price: total,
          period,
          mayBeDiscounted: discount ? discount.duration !== 'once' : earlierOff > 0,
        }),
    trialDays > 0 && `The first charge will be on ${day(now + trialDays * 86_400_000)}.`,
    free &&
      `Replaces ${planTitle(free)}. Its remaining credits will end today${hasBoughtCredits(platform, free.id) ? ', including purchased credits' : ''}.`,
  ]
    .filter(Boolean)
    .join(' ')}</p>`
}`,
  }
}

/**
 * Returns the text about a plan's renewals and their price. `current` is the running subscription whose period the plan
 * keeps.
 */
function renewalText(
  current: Subscription | null,
  { price, period, mayBeDiscounted }: { price: number; period: string; mayBeDiscounted: boolean },
): string {
  const from = current?.renews ? ` from ${day(current.currentBillingPeriodEnd)}` : ''
  const less = mayBeDiscounted ? ', less any remaining discount,' : ''
  return `Renews every ${period}${from} for ${money(price)}${less} until you cancel.`
}

/** Returns the text about the prices of usage beyond the plan's credits, or false if such usage has no price. */
function overageText({ db }: Platform, features: readonly Feature[]): Html | false {
  const prices = [...new Set(features.map(({ usageMeterId }) => usageMeterId))].flatMap((meterId) =>
    meterId === null
      ? []
      : db.prices
          .by('meter', meterId)
          .filter(({ active, isDefault, unitPrice }) => active && isDefault && unitPrice > 0)
          .map(({ unitPrice, usageEventsPerUnit }) => {
            const per = usageEventsPerUnit ?? 1
            const meter = inSentence(db.usageMeters.get(meterId).name)
            return per === 1
              ? `${money(unitPrice)} per unit of ${meter}`
              : `${money(unitPrice)} per ${count(per)} ${meter}, or part of ${count(per)}`
          }),
  )
  return prices.length > 0 && html`<p class="small soft">Usage beyond the plan: ${prices.join('; ')}.</p>`
}

const planTitle = ({ name }: Subscription) => (name ?? 'the free plan').replace(/ Subscription$/, '')

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
        ? 'once'
        : feature.renewalFrequency === 'once'
          ? 'once'
          : `every ${every(price.intervalUnit, price.intervalCount)}`
  return html`<span><strong>${amount} ${unit}</strong> <span class="soft">${when}</span></span>`
}
