import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records.ts'
import type { Platform } from '../platform.ts'
import { count, day, instant, moment, money } from './format.ts'
import { type Html, html } from './html.ts'
import { testModeBar } from './layout.ts'
import { badge, balanceBars, priceText, table } from './parts.ts'

const hourMs = 60 * 60 * 1000
const rowsShown = 40

/** The newest of a table first, as far as a page can show. */
const newest = <T>(records: Iterable<T>): T[] => [...records].slice(-rowsShown).reverse()

const live = (id: string, content: Html, label: string) =>
  html`<section class="card stack" id="${id}" data-live aria-label="${label}">${content}</section>`

export function dashboardPage(
  platform: Platform,
  { selected, testControls, key }: { selected: string | null; testControls: boolean; key: string },
): Html {
  const { books } = platform
  const customer = selected === null ? undefined : books.customers.first('externalId', selected)
  return html`${testModeBar(html`<span class="right row"><span class="badge plain" data-live-state role="status">Reload to update</span>
  <a href="/billing-portal/${platform.organizationId}">Billing portal</a></span>`)}
<main class="stack">
  <h1 class="unseen">What this Flowglad knows</h1>
  <div class="overview">
    ${live('clock', clockPart(platform, customer, testControls), 'Clock')}
    ${live('connection', connectionPart(platform, key), 'Connection')}
  </div>
  <div class="dashboard">
    ${live('customers', customersPart(platform, customer), 'Customers')}
    ${live('detail', customer ? customerPart(platform, customer) : overviewPart(platform), 'Details')}
  </div>
  <div class="halves">
    ${live('ledger', ledgerPart(platform, customer), 'Ledger entries')}
    ${live('usage', usagePart(platform, customer), 'Usage events')}
    ${live('checkouts', checkoutsPart(platform, customer), 'Checkout sessions')}
    ${live('webhooks', webhooksPart(platform), 'Webhook deliveries')}
  </div>
</main>`
}

function clockPart(platform: Platform, customer: Customer | undefined, testControls: boolean): Html {
  const now = platform.clock.now()
  const ahead = platform.clock.offsetMs
  const renewals = [...platform.books.subscriptions.all()]
    .filter((s) => ['active', 'trialing', 'past_due', 'cancellation_scheduled'].includes(s.status))
    .filter((s) => !customer || s.customerId === customer.id)
    .map((s) => s.currentBillingPeriodEnd)
  const next = renewals.length > 0 ? Math.min(...renewals) : null
  const steps: [string, number][] = [
    ['+1 hour', hourMs],
    ['+1 day', 24 * hourMs],
    ['+1 week', 7 * 24 * hourMs],
  ]
  if (next !== null && next > now)
    steps.push([`To ${customer ? 'their' : 'the'} next renewal`, next - now + 1000])
  return html`<div class="spread"><h2>Clock</h2><span class="small soft">${ahead > 0 ? `${(ahead / (24 * hourMs)).toFixed(1)} days ahead` : 'In step with this machine'}</span></div>
<p class="time">${moment(now)}</p>
${
  testControls
    ? html`<form method="post" action="/clock" class="row">
  <input type="hidden" name="customer" value="${customer?.externalId}">
  ${steps.map(([label, ms]) => html`<button class="small" name="ms" value="${ms}">${label}</button>`)}
</form>
<p class="small soft">Renewals, expiring credits, scheduled changes and retried payments happen on the way.${next !== null && ` Next renewal ${day(next)}.`}</p>`
    : html`<p class="small soft">Test controls are off: the clock cannot be moved.</p>`
}`
}

function connectionPart(platform: Platform, key: string): Html {
  const shown = key.startsWith('sk_test') ? key : `${key.slice(0, 4)}…`
  return html`<div class="spread"><h2>Connect</h2><span class="small soft">Any Flowglad SDK, unchanged</span></div>
<pre class="mono" tabindex="0">FLOWGLAD_BASE_URL=${platform.url}
FLOWGLAD_SECRET_KEY=${shown}</pre>
<p class="small soft">Pay on the hosted checkout with <span class="mono">4242 4242 4242 4242</span>.</p>`
}

function customersPart(platform: Platform, selected: Customer | undefined): Html {
  const { books } = platform
  const customers = newest(books.customers.all()).filter((customer) => !customer.archived)
  const rows = customers.map((customer) => {
    const [subscription] = currentSubscriptions(platform, customer.id)
    const accounts = subscription ? books.ledgerAccounts.by('subscription', subscription.id) : []
    return html`<tr class="${customer.id === selected?.id ? 'selected' : ''}">
  <td><a href="/?customer=${encodeURIComponent(customer.externalId)}">${customer.name || customer.externalId}</a><br><span class="soft mono">${customer.externalId}</span></td>
  <td>${subscription ? html`${subscription.name}<br>${badge(subscription.status)}` : html`<span class="soft">No plan</span>`}</td>
  <td class="wide">${accounts.map(
    ({ usageMeterId, balance }) =>
      html`<div class="spread small"><span class="soft">${books.usageMeters.get(usageMeterId).name}</span><span class="${balance < 0 ? 'negative' : ''}">${count(balance)}</span></div>`,
  )}</td>
</tr>`
  })
  return html`<div class="spread"><h2>Customers</h2><span class="small soft">${count(books.customers.size)} in all</span></div>
${table(['Customer', 'Plan', 'Available'], rows, 'None yet. The first call of your application creates one; --seed brings some along.')}`
}

function overviewPart({ books }: Platform): Html {
  const models = [...books.pricingModels.all()].filter((model) => model.isDefault)
  return html`${models.map(
    (
      model,
    ) => html`<div class="spread"><h2>${model.name}</h2><span class="small soft">Pricing model</span></div>
${table(
  ['Product', 'Price', 'Slug'],
  books.products
    .by('model', model.id)
    .filter((product) => product.active)
    .flatMap((product) =>
      books.prices
        .by('product', product.id)
        .filter((price) => price.active)
        .map(
          (
            price,
          ) => html`<tr><td>${product.name} ${product.default && html`<span class="badge plain">Default</span>`}</td>
<td>${price.unitPrice === 0 ? 'Free' : priceText(price)}</td><td class="mono">${price.slug}</td></tr>`,
        ),
    ),
  'No products.',
)}
${table(
  ['Meter', 'Price', 'Slug'],
  books.usageMeters.by('model', model.id).flatMap((meter) =>
    books.prices
      .by('meter', meter.id)
      .filter((price) => price.active && price.isDefault)
      .map(
        (price) => html`<tr><td>${meter.name}</td>
<td>${price.unitPrice === 0 ? html`<span class="soft">No charge</span>` : `${money(price.unitPrice)} per ${count(price.usageEventsPerUnit ?? 1)}`}</td>
<td class="mono">${price.slug}</td></tr>`,
      ),
  ),
  'No meters.',
)}`,
  )}
<p class="small soft">Choose a customer to see subscriptions, balances and payments.</p>`
}

function customerPart(platform: Platform, customer: Customer): Html {
  const { books } = platform
  const subscriptions = books.subscriptions.by('customer', customer.id).reverse()
  const [current] = currentSubscriptions(platform, customer.id)
  return html`<div class="spread"><h2>${customer.name || customer.externalId}</h2><span class="row small"><a href="/billing-portal/${platform.organizationId}/${encodeURIComponent(customer.externalId)}">Their portal</a> <a href="/">All customers</a></span></div>
<p class="small soft">${customer.email} · <span class="mono">${customer.id}</span></p>
${current && balanceBars(platform, current)}
<h3>Subscriptions</h3>
${table(
  ['Plan', 'Status', 'Period', 'Id'],
  subscriptions.map(
    (s) => html`<tr><td>${s.name}</td><td>${badge(s.status)}</td>
<td>${day(s.currentBillingPeriodStart)} – ${day(s.currentBillingPeriodEnd)}</td><td class="mono">${s.id}</td></tr>`,
  ),
  'None.',
)}
<h3>Payments</h3>
${table(
  ['When', 'For', 'Status', { number: 'Amount' }],
  newest(books.payments.by('customer', customer.id)).map(
    (
      payment,
    ) => html`<tr><td class="when">${day(payment.chargeDate)}</td><td class="mono">${books.invoices.get(payment.invoiceId).invoiceNumber}</td>
<td>${badge(payment.status)}</td><td class="number">${money(payment.amount)}</td></tr>`,
  ),
  'None.',
)}`
}

function ledgerPart({ books }: Platform, customer: Customer | undefined): Html {
  const entries = newest(
    customer
      ? books.subscriptions
          .by('customer', customer.id)
          .flatMap((s) => books.ledgerEntries.by('subscription', s.id))
          .sort((a, b) => a.createdAt - b.createdAt)
      : books.ledgerEntries.all(),
  )
  const names = { credit_grant_recognized: 'Grant', usage_cost: 'Usage', credit_grant_expired: 'Expired' }
  return html`<div class="spread"><h2>Ledger</h2><span class="small soft">Balance = sum of entries</span></div>
${table(
  ['When', 'Entry', 'Meter', 'For', { number: 'Units' }],
  entries.map(
    (entry) => html`<tr><td class="when">${instant(entry.createdAt)}</td><td>${names[entry.type]}</td>
<td>${books.usageMeters.get(entry.usageMeterId).name}</td>
<td class="long">${entry.description}</td>
<td class="number ${entry.amount < 0 ? '' : 'positive'}">${entry.amount > 0 ? '+' : '−'}${count(Math.abs(entry.amount))}</td></tr>`,
  ),
  'No entries yet.',
)}`
}

function usagePart({ books }: Platform, customer: Customer | undefined): Html {
  const events = newest(
    customer
      ? books.subscriptions
          .by('customer', customer.id)
          .flatMap((s) => books.usageEvents.by('subscription', s.id))
      : books.usageEvents.all(),
  )
  return html`<div class="spread"><h2>Usage events</h2><span class="small soft">${count(books.usageEvents.size)} in all</span></div>
${table(
  ['When', 'Meter', 'Transaction', 'Price', { number: 'Amount' }],
  events.map(
    (
      event,
    ) => html`<tr><td class="when">${instant(event.createdAt)}</td><td>${books.usageMeters.get(event.usageMeterId).name}</td>
<td class="mono long">${event.transactionId}</td><td class="mono long">${books.prices.get(event.priceId).slug ?? event.priceId}</td><td class="number">${count(event.amount)}</td></tr>`,
  ),
  'No usage yet.',
)}`
}

function checkoutsPart({ books }: Platform, customer: Customer | undefined): Html {
  const sessions = newest(
    customer ? books.checkoutSessions.by('customer', customer.id) : books.checkoutSessions.all(),
  )
  return html`<div class="spread"><h2>Checkout sessions</h2><span class="small soft">Open for a day</span></div>
${table(
  ['When', 'Customer', 'For', 'Status'],
  sessions.map((session) => {
    const price = session.priceId ? books.prices.get(session.priceId) : null
    const what = price?.name ?? 'A card'
    const path = session.type === 'add_payment_method' ? 'add-payment-method' : 'checkout'
    return html`<tr><td class="when">${instant(session.createdAt)}</td><td>${session.customerName ?? 'Anonymous'}</td>
<td>${session.status === 'open' ? html`<a href="/${path}/${session.id}">${what}</a>` : what}</td><td>${badge(session.status)}</td></tr>`
  }),
  'No checkouts yet.',
)}`
}

function webhooksPart({ books }: Platform): Html {
  return html`<div class="spread"><h2>Webhooks</h2><span class="small soft">Signed as Svix signs them; without a receiver they are only kept</span></div>
${table(
  ['When', 'Event', 'State', 'Answer', { number: 'Tries' }],
  newest(books.webhookDeliveries.all()).map(
    (
      delivery,
    ) => html`<tr><td class="when">${instant(delivery.createdAt)}</td><td class="mono">${delivery.type}</td><td>${badge(delivery.state)}</td>
<td class="long">${delivery.lastError ?? (delivery.lastStatus === null ? '–' : `HTTP ${delivery.lastStatus}`)}</td><td class="number">${delivery.attempts}</td></tr>`,
  ),
  'No events yet.',
)}`
}
