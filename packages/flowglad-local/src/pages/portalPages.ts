import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { cancelScheduledAdjustment } from '../billing/adjust.ts'
import { cancelSubscription, resumeSubscription } from '../billing/cancelSubscription.ts'
import { defaultPaymentMethod, dueOnActivation, isCollectible, paymentMethodOf } from '../billing/collect.ts'
import { hasReceipt, receiptAddress } from '../billing/invoice.ts'
import { planItemsAt } from '../billing/items.ts'
import { checkoutUrl, openCheckout } from '../billing/openCheckout.ts'
import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Invoice } from '../database/records/payments.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import { firstOf, type Organization, type Organizations } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { Problem, plainMessage } from '../platform/problems.ts'
import { customerBars, hasBoughtCredits } from './balances.ts'
import { capitalized, day, every, money } from './format.ts'
import { type Html, html } from './html.ts'
import { invoiceParts } from './invoiceLines.ts'
import { sendPage, testModeBar } from './layout.ts'
import { modelNameOf, modelSwitch, portalAddress } from './organizationParts.ts'
import { badge, cardText, findCustomers, findForm, howMany, nameOf, rowsShown, table } from './parts.ts'
import { namesOf, scheduledText, totalPrice } from './planTexts.ts'

const searched = z.object({ find: z.string() }).catch({ find: '' })

/**
 * Adds the billing portal, where customers see their plan, invoices and card. Flowglad's portal sends a
 * sign-in code by email. This portal lets you choose a customer instead.
 */
export function portalPages(app: FastifyInstance, organizations: Organizations): void {
  interface Params {
    Params: { organization: string; externalId: string }
  }
  const base = '/billing-portal/:organization'
  const all = () => [...organizations.values()]
  const platformOf = ({ params }: FastifyRequest<Pick<Params, 'Params'>>) =>
    (all().find(({ platform }) => platform.organizationId === params.organization) ?? firstOf(organizations))
      .platform
  const customerOf = (request: FastifyRequest<Params>) => {
    const platform = platformOf(request)
    return { platform, customer: platform.db.customers.first('externalId', request.params.externalId) }
  }

  app.get<Params>(base, (request, reply) => {
    const { find } = searched.parse(request.query)
    return sendPage(reply, {
      title: 'Billing portal',
      layout: 'narrow',
      body: signInPage(platformOf(request), all(), find),
    })
  })

  const show = (platform: Platform, reply: FastifyReply, customer: Customer, message?: string) =>
    sendPage(reply, {
      title: `Billing · ${customer.name || customer.externalId}`,
      layout: 'narrow',
      body: portalPage(platform, customer, { modelName: all().length > 1, message }),
      status: message ? 409 : 200,
    })
  const unknown = (platform: Platform, reply: FastifyReply) => reply.redirect(portalAddress(platform), 303)

  app.get<Params>(`${base}/:externalId`, (request, reply) => {
    const { platform, customer } = customerOf(request)
    return customer ? show(platform, reply, customer) : unknown(platform, reply)
  })

  const actions = { cancel: cancelAtEnd, resume: resumeSubscription, keep: cancelScheduledAdjustment }
  for (const [action, run] of Object.entries(actions)) {
    app.post<Params>(`${base}/:externalId/${action}`, (request, reply) => {
      const { platform, customer } = customerOf(request)
      const subscription = customer && currentSubscriptions(platform, customer.id)[0]
      if (!customer || !subscription) return unknown(platform, reply)
      try {
        platform.db.transaction(() => run(platform, platform.clock.now(), subscription))
      } catch (error) {
        if (error instanceof Problem) return show(platform, reply, customer, plainMessage(error))
        throw error
      }
      return reply.redirect(portalAddress(platform, customer), 303)
    })
  }

  app.post<Params>(`${base}/:externalId/card`, (request, reply) => {
    const { platform, customer } = customerOf(request)
    if (!customer) return unknown(platform, reply)
    const back = `${platform.url}${portalAddress(platform, customer)}`
    const session = platform.db.transaction(() =>
      openCheckout(platform, platform.clock.now(), {
        type: 'add_payment_method',
        customerExternalId: customer.externalId,
        targetSubscriptionId: currentSubscriptions(platform, customer.id)[0]?.id,
        successUrl: back,
        cancelUrl: back,
      }),
    )
    return reply.redirect(checkoutUrl(platform, session), 303)
  })
}

const cancelAtEnd = (platform: Platform, at: number, subscription: Subscription) =>
  cancelSubscription(platform, at, subscription, 'at_end_of_current_billing_period')

function signInPage(platform: Platform, all: readonly Organization[], find: string): Html {
  const { shown, found } = findCustomers(platform, find)
  return html`${testModeBar()}
<main class="single stack">
  <h1>Billing portal</h1>
  <p class="soft">Flowglad sends customers a sign-in code by email. Here, choose a customer instead.</p>
  ${modelSwitch(all, platform, portalAddress)}
  <section class="card stack" aria-label="Customers">
    ${(find !== '' || found > rowsShown) && findForm(portalAddress(platform), find)}
    ${
      found === 0
        ? html`<p class="empty">${find === '' ? 'No customers yet. Your app creates them.' : `No customer matches “${find}”.`}</p>
    ${find !== '' && html`<p><a href="${portalAddress(platform)}">All customers</a></p>`}`
        : html`<ul class="cards">${shown.map(
            (customer) => html`<li><a href="${portalAddress(platform, customer)}">${nameOf(customer)}</a>
            <span class="soft small">${customer.email}</span></li>`,
          )}</ul>
    ${found > rowsShown && html`<p class="small soft">${howMany(found)}</p>`}`
    }
  </section>
</main>`
}

function portalPage(
  platform: Platform,
  customer: Customer,
  { modelName, message }: { modelName: boolean; message?: string | undefined },
): Html {
  const { db } = platform
  const path = portalAddress(platform, customer)
  const subscription = currentSubscriptions(platform, customer.id)[0]
  const own = subscription ? paymentMethodOf(platform, subscription) : null
  // A paid plan charges only its own card, so another saved card doesn't pay for it.
  const isPaid = subscription !== undefined && !subscription.isFreePlan
  const method = own ?? (isPaid ? null : defaultPaymentMethod(platform, customer.id))
  const invoices = db.invoices
    .by('customer', customer.id)
    .filter((invoice) => db.invoiceLineItems.first('invoice', invoice.id))
    .reverse()
  return html`${testModeBar(html`<a class="right" href="${portalAddress(platform)}">Switch customer</a>`)}
<main class="stack">
  <div class="tight"><h1>Billing</h1><p class="soft breakable">${customer.name && html`<bdi>${customer.name}</bdi> · `}${[customer.email, modelName && modelNameOf(platform)].filter(Boolean).join(' · ')}</p></div>
  ${message && html`<p class="note bad" role="alert">${message}</p>`}
  <div class="columns">
    <section class="card stack">
      <h2>Plan</h2>
      ${subscription ? planPart(platform, subscription, path) : html`<p class="empty">${noPlan(platform, customer)}</p>`}
    </section>
    <section class="card stack">
      <h2>Credits</h2>
      ${subscription ? customerBars(platform, subscription) : html`<p class="empty">Plans include credits.</p>`}
    </section>
    <section class="card stack">
      <h2>Payment method</h2>
      <p>${method ? cardText(method) : html`<span class="soft">${isPaid ? `No card is set up for ${namesOf(platform, planItemsAt(platform, subscription.id, platform.clock.now()))}.` : 'No card saved.'}</span>`}</p>
      <form method="post" action="${path}/card"><button>${method ? 'Change card' : 'Add a card'}</button></form>
    </section>
  </div>
  <section class="card stack">
    <h2>Invoices</h2>
    ${table(
      ['Number', 'Date', 'For', 'Status', { number: 'Amount' }],
      invoices.map((invoice) => invoiceRow(platform, invoice)),
      'No invoices yet.',
      'Invoices',
    )}
  </section>
</main>`
}

function planPart(platform: Platform, subscription: Subscription, path: string): Html {
  const items = planItemsAt(platform, subscription.id, platform.clock.now())
  const total = totalPrice(items)
  const ends = subscription.renews && day(subscription.currentBillingPeriodEnd)
  const canceling = subscription.status === 'cancellation_scheduled'
  const scheduled = scheduledText(platform, subscription)
  const overdue = overdueText(platform, subscription)
  const what =
    scheduled !== null
      ? `${capitalized(scheduled)}.`
      : subscription.isFreePlan
        ? ends && `Credits renew on ${ends}.`
        : `Renews on ${ends}.`
  return html`<div class="tight">
  <div class="row"><span class="plan">${namesOf(platform, items)}</span> ${badge(subscription.status)}</div>
  <p>${total === 0 ? 'No charge' : `${money(total)} per ${every(subscription.interval, subscription.intervalCount)}`}</p>
  <p class="soft">${what}</p>
  ${overdue !== null && html`<p class="note bad">${overdue}</p>`}
</div>
${
  canceling || subscription.scheduledAdjustmentAt !== null
    ? html`<form method="post" action="${path}/${canceling ? 'resume' : 'keep'}"><button class="primary">Keep this plan</button></form>`
    : !subscription.isFreePlan &&
      html`<details><summary class="button danger">Cancel plan</summary>
<form method="post" action="${path}/cancel" class="tight">
<p>You will keep ${namesOf(platform, items)} until ${ends} and can undo the cancellation until then.${hasBoughtCredits(platform, subscription.id) && ' Purchased credits will end with the plan.'}</p>
<button class="danger">Confirm cancellation</button></form></details>`
}`
}

function noPlan({ db }: Platform, customer: Customer): string {
  const waiting = db.subscriptions.by('customer', customer.id).findLast((s) => s.status === 'incomplete')
  return waiting ? `${waiting.name} is waiting for its first payment.` : 'No current plan.'
}

/** Describes the unpaid renewal. Returns null if the plan is paid. */
function overdueText(platform: Platform, subscription: Subscription): string | null {
  const { db } = platform
  const { amount, isOverdue } = dueOnActivation(platform, platform.clock.now(), subscription)
  if (!isOverdue) return null
  const retry = db.billingRuns.by('subscription', subscription.id).find((run) => run.dueAt !== null)
  const next =
    subscription.cancelScheduledAt !== null
      ? 'It is due only if you keep the plan.'
      : retry?.dueAt
        ? `We will try again on ${day(retry.dueAt)}. Save another card before then.`
        : 'Return to the app to pay.'
  return `The last payment of ${money(amount)} failed. ${next}`
}

/** Explains an open invoice that is never collected. The platform leaves such an invoice open. */
function abandonedText(
  platform: Platform,
  invoice: Invoice,
): { status: string; reason: string | null } | null {
  const { db } = platform
  const run = db.billingRuns.find(invoice.billingRunId ?? '')
  if (invoice.status !== 'open' || !run || isCollectible(platform, invoice)) return null
  if (run.reason === 'adjustment') return { status: 'Declined, nothing due', reason: null }
  const { canceledAt } = db.subscriptions.get(run.subscriptionId)
  return {
    status: 'Unpaid, nothing due',
    reason:
      canceledAt === null
        ? 'A later invoice replaces this invoice.'
        : `The plan ended on ${day(canceledAt)}, so this invoice is no longer collected.`,
  }
}

function invoiceRow(platform: Platform, invoice: Invoice): Html {
  const { db } = platform
  const attempts = db.payments.by('invoice', invoice.id)
  const payments = attempts.filter(hasReceipt)
  const paid = payments.reduce((sum, { amount }) => sum + amount, 0)
  const refunded = payments.reduce((sum, { refundedAmount }) => sum + (refundedAmount ?? 0), 0)
  const parts = invoiceParts(platform, invoice)
  const headed = parts.some(({ amount }) => amount === null)
  // Prefer the last attempt's amount: a plan change's invoice repeats lines that were already paid, so its
  // subtotal is too high.
  const amount = invoice.status === 'paid' ? paid : (attempts.at(-1)?.amount ?? invoice.subtotal)
  const abandoned = abandonedText(platform, invoice)
  return html`<tr>
  <td class="mono whole-line">${invoice.invoiceNumber}</td>
  <td class="whole-line">${day(invoice.invoiceDate)}</td>
  <td class="lead">${parts.map(({ text, amount }) => html`<div class="${headed && amount !== null && 'detail'}">${text}${parts.length > 1 && amount !== null && `: ${money(amount)}`}</div>`)}${abandoned?.reason && html`<div class="detail">${abandoned.reason}</div>`}</td>
  <td>${abandoned ? badge('void', abandoned.status) : badge(invoice.status)}</td>
  <td class="number">${money(amount)}${payments.map((payment) => html`<br><a class="small" href="${receiptAddress(payment)}">Receipt<span class="unseen"> for ${invoice.invoiceNumber}</span></a>`)}${refunded > 0 && html`<br><span class="small soft">${money(refunded)} refunded</span>`}</td>
</tr>`
}
