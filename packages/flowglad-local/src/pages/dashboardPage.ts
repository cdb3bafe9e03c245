import { z } from 'zod'
import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records.ts'
import type { Platform } from '../platform.ts'
import { count, day, instant, moment, money } from './format.ts'
import { type Html, html } from './html.ts'
import { testModeBar } from './layout.ts'
import {
  badge,
  balanceBars,
  cut,
  findCustomers,
  findForm,
  type Heading,
  howMany,
  newest,
  priceText,
  table,
} from './parts.ts'

const hourMs = 60 * 60 * 1000

const live = (id: string, content: Html, label: string) =>
  html`<section class="card stack" id="${id}" data-live aria-label="${label}">${content}</section>`

export function dashboardPage(
  platform: Platform,
  {
    customer,
    unknown,
    find,
    testControls,
    key,
  }: {
    customer: Customer | undefined
    /** Who was asked for and is not there. */
    unknown: string | undefined
    /** What customers were searched for; "" for nothing. */
    find: string
    testControls: boolean
    key: string
  },
): Html {
  return html`${testModeBar(html`<span class="right row"><span class="badge plain" data-live-state role="status">Reload to update</span>
  <a href="/billing-portal/${platform.organizationId}">Billing portal</a></span>`)}
<main class="stack">
  <h1 class="unseen">What this Flowglad knows</h1>
  ${unknown !== undefined && html`<p class="note bad" role="alert">There is no customer “${unknown}” here, or no longer.</p>`}
  <div class="halves">
    ${live('clock', clockPart(platform, customer, testControls), 'Clock')}
    ${live('connection', connectionPart(platform, key), 'Connection')}
  </div>
  <div class="halves">
    <section class="card stack long-table" aria-label="Customers">
      <div class="spread"><h2>Customers</h2>${findForm('/', find)}</div>
      <div class="stack" id="customers" data-live>${customersPart(platform, customer, find)}</div>
    </section>
    ${live('detail', customer ? customerPart(platform, customer) : overviewPart(platform), 'Details')}
  </div>
  <div class="halves feed">
    ${live('ledger', ledgerPart(platform, customer), 'Ledger entries')}
    ${live('usage', usagePart(platform, customer), 'Usage events')}
    ${live('checkouts', checkoutsPart(platform, customer), 'Checkout sessions')}
    ${live('webhooks', webhooksPart(platform, customer), 'Webhook deliveries')}
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
<p class="time" data-now>${moment(now)}</p>
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

const addressOf = (customer: Customer, find = ''): string =>
  `/?customer=${encodeURIComponent(customer.externalId)}${find && `&find=${encodeURIComponent(find)}`}`

function customersPart(platform: Platform, selected: Customer | undefined, find: string): Html {
  const { books } = platform
  const found = findCustomers(platform, find)
  const shown = newest(found)
  if (selected && !shown.includes(selected)) shown.unshift(selected)
  const rows = shown.map((customer) => {
    const [subscription] = currentSubscriptions(platform, customer.id)
    const accounts = subscription ? books.ledgerAccounts.by('subscription', subscription.id) : []
    return html`<tr class="${customer.id === selected?.id ? 'selected' : ''}">
  <td><a href="${addressOf(customer, find)}">${customer.name || customer.externalId}</a><br><span class="soft mono">${customer.externalId}</span></td>
  <td>${subscription ? html`${subscription.name}<br>${badge(subscription.status)}` : html`<span class="soft">No plan</span>`}</td>
  <td class="wide">${accounts.map(
    ({ usageMeterId, balance }) =>
      html`<div class="spread small"><span class="soft">${books.usageMeters.get(usageMeterId).name}</span><span class="${balance < 0 ? 'negative' : ''}">${count(balance)}</span></div>`,
  )}</td>
</tr>`
  })
  return html`${table(
    ['Customer', 'Plan', 'Available'],
    rows,
    find === ''
      ? 'None yet. The first call of your application creates one; --seed brings some along.'
      : `Nobody is called “${find}”.`,
    'Customers',
  )}
<p class="small soft">${howMany(found.length)}${find !== '' && html` with “${find}” · <a href="${selected ? addressOf(selected) : '/'}">All customers</a>`}</p>`
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
  'Products',
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
  'Meters',
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
  'Subscriptions',
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
  'Payments',
)}`
}

/** Whose a row is, where rows are of many. */
const whose = (
  { books }: Platform,
  selected: Customer | undefined,
  { subscriptionId }: { subscriptionId: string },
): Html | false => {
  if (selected) return false
  const customer = books.customers.get(books.subscriptions.get(subscriptionId).customerId)
  return html`<td class="long"><a href="${addressOf(customer)}" title="${customer.externalId}">${customer.name || customer.externalId}</a></td>`
}

/** The headings of a table; whose a row is goes without saying on a customer's page. */
const headings = (selected: Customer | undefined, ...all: Heading[]): Heading[] =>
  selected ? all.filter((heading) => heading !== 'Customer') : all

function ledgerPart(platform: Platform, customer: Customer | undefined): Html {
  const { books } = platform
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
  headings(customer, 'When', 'Customer', { slim: 'Entry' }, 'Meter', { broad: 'For' }, { number: 'Units' }),
  entries.map(
    (
      entry,
    ) => html`<tr><td class="when">${instant(entry.createdAt)}</td>${whose(platform, customer, entry)}<td>${names[entry.type]}</td>
${cut(books.usageMeters.get(entry.usageMeterId).name)}
${cut(entry.description)}
<td class="number ${entry.amount < 0 ? '' : 'positive'}">${entry.amount > 0 ? '+' : '−'}${count(Math.abs(entry.amount))}</td></tr>`,
  ),
  'No entries yet: a plan grants credits, usage takes them.',
  'Ledger entries',
)}`
}

function usagePart(platform: Platform, customer: Customer | undefined): Html {
  const { books } = platform
  const all = customer
    ? books.subscriptions
        .by('customer', customer.id)
        .flatMap((s) => books.usageEvents.by('subscription', s.id))
    : [...books.usageEvents.all()]
  const events = newest(all)
  return html`<div class="spread"><h2>Usage events</h2><span class="small soft">${howMany(all.length)}</span></div>
${table(
  headings(customer, 'When', 'Customer', 'Meter', { broad: 'Transaction' }, 'Price', { number: 'Amount' }),
  events.map(
    (
      event,
    ) => html`<tr><td class="when">${instant(event.createdAt)}</td>${whose(platform, customer, event)}${cut(books.usageMeters.get(event.usageMeterId).name)}
${cut(event.transactionId, 'mono')}${cut(books.prices.get(event.priceId).slug ?? event.priceId, 'mono')}<td class="number">${count(event.amount)}</td></tr>`,
  ),
  'No usage yet.',
  'Usage events',
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
  'No checkouts yet: your application opens one for who wants to pay.',
  'Checkout sessions',
)}`
}

/** The part of a delivery's body that says whom it is about: see `announce`. */
const about = z.object({ customer: z.object({ externalId: z.string() }) })

function webhooksPart({ books }: Platform, customer: Customer | undefined): Html {
  const all = [...books.webhookDeliveries.all()]
  const deliveries = newest(customer ? all.filter(({ payload }) => payload.includes(customer.id)) : all)
  return html`<div class="spread"><h2>Webhooks</h2><span class="small soft">Signed as Svix signs them; without a receiver they are only kept</span></div>
${table(
  headings(customer, 'When', 'Customer', { broad: 'Event' }, 'State', 'Answer', {
    'slim number': 'Tries',
  }),
  deliveries.map(
    (delivery) => html`<tr><td class="when">${instant(delivery.createdAt)}</td>
${!customer && cut(about.parse(JSON.parse(delivery.payload)).customer.externalId)}<td class="mono long" title="${delivery.payload}">${delivery.type}</td><td>${badge(delivery.state)}</td>
${cut(delivery.lastError ?? (delivery.lastStatus === null ? '–' : `HTTP ${delivery.lastStatus}`))}<td class="number">${delivery.attempts}</td></tr>`,
  ),
  'No events yet.',
  'Webhook deliveries',
)}`
}
