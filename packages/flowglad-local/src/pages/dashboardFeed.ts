import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'
import { count, instant } from './format.ts'
import { type Html, html } from './html.ts'
import { addressOf } from './organizationParts.ts'
import { badge, cut, type Heading, howMany, nameOf, rowsShown, table } from './parts.ts'
import { customerOf, webhookAddress } from './webhookPages.ts'

/** Returns a cell with the row's customer, or false if the dashboard shows only one customer. */
const customerCell = (
  { db }: Platform,
  selected: Customer | undefined,
  { subscriptionId }: { subscriptionId: string },
): Html | false => {
  if (selected) return false
  const customer = db.customers.get(db.subscriptions.get(subscriptionId).customerId)
  return html`<td class="long" title="${customer.name || customer.externalId}"><a href="${addressOf(customer)}">${nameOf(customer)}</a></td>`
}

/** Limits a query to the records of the selected customer. */
const ofCustomer = (customer: Customer | undefined) =>
  customer && ({ index: 'customer', key: customer.id } as const)

/** Removes the customer column if the dashboard shows only one customer. */
const headings = (selected: Customer | undefined, ...all: Heading[]): Heading[] =>
  selected ? all.filter((heading) => heading !== 'Customer') : all

export function ledgerPart(platform: Platform, customer: Customer | undefined): Html {
  const { db } = platform
  const page = { limit: rowsShown, descending: true }
  const entries = customer
    ? db.subscriptions
        .by('customer', customer.id)
        .flatMap((s) => db.ledgerEntries.page({ ...page, of: { index: 'subscription', key: s.id } }))
        .sort((a, b) => b.createdAt - a.createdAt)
        .slice(0, rowsShown)
    : db.ledgerEntries.page(page)
  const names = { credit_grant_recognized: 'Grant', usage_cost: 'Usage', credit_grant_expired: 'Expired' }
  return html`<div class="spread"><h2>Ledger entries</h2><span class="small soft">Balance = sum of entries</span></div>
${table(
  headings(
    customer,
    'When (UTC)',
    'Customer',
    { slim: 'Entry' },
    'Meter',
    { broad: 'For' },
    { number: 'Units' },
  ),
  entries.map(
    (
      entry,
    ) => html`<tr><td class="when">${instant(entry.createdAt)}</td>${customerCell(platform, customer, entry)}<td><a href="/objects/${entry.id}">${names[entry.type]}</a></td>
${cut(db.usageMeters.get(entry.usageMeterId).name)}
${cut(entry.description)}
<td class="number ${entry.amount < 0 ? '' : 'positive'}">${entry.amount > 0 ? '+' : '−'}${count(Math.abs(entry.amount))}</td></tr>`,
  ),
  'No entries yet. Plans grant credits, and usage consumes them.',
  'Ledger entries',
)}`
}

export function usagePart(platform: Platform, customer: Customer | undefined): Html {
  const { db } = platform
  const of = ofCustomer(customer)
  const events = db.usageEvents.page({ limit: rowsShown, of, descending: true })
  return html`<div class="spread"><h2>Usage events</h2><span class="small soft">${events.length > 0 && howMany(db.usageEvents.count(of))}</span></div>
${table(
  headings(customer, 'When (UTC)', 'Customer', 'Meter', { broad: 'Transaction' }, 'Price', {
    number: 'Amount',
  }),
  events.map(
    (
      event,
    ) => html`<tr><td class="when">${instant(event.createdAt)}</td>${customerCell(platform, customer, event)}${cut(db.usageMeters.get(event.usageMeterId).name)}
${cut(event.transactionId, 'mono', `/objects/${event.id}`)}${cut(db.prices.get(event.priceId).slug ?? event.priceId, 'mono')}<td class="number">${count(event.amount)}</td></tr>`,
  ),
  'No usage yet.',
  'Usage events',
)}`
}

export function checkoutsPart({ db }: Platform, customer: Customer | undefined): Html {
  const sessions = db.checkoutSessions.page({ limit: rowsShown, of: ofCustomer(customer), descending: true })
  return html`<div class="spread"><h2>Checkout sessions</h2><span class="small soft">Sessions expire after a day</span></div>
${table(
  ['When (UTC)', 'Customer', 'For', 'Status', 'ID'],
  sessions.map((session) => {
    const price = session.priceId ? db.prices.get(session.priceId) : null
    const product = price?.productId ? db.products.get(price.productId) : null
    const what = price?.name ?? product?.name ?? 'A card'
    const path = session.type === 'add_payment_method' ? 'add-payment-method' : 'checkout'
    return html`<tr><td class="when">${instant(session.createdAt)}</td><td class="long" title="${session.customerName}"><bdi>${session.customerName ?? 'Anonymous'}</bdi></td>
<td class="long" title="${what}">${session.status === 'open' ? html`<a href="/${path}/${session.id}">${what}</a>` : what}</td><td>${badge(session.status)}</td>
${cut(session.id, 'mono', `/objects/${session.id}`)}</tr>`
  }),
  'No checkouts yet. Your app opens a checkout when a customer makes a purchase.',
  'Checkout sessions',
)}`
}

/** Returns an event type that can wrap after its dot. */
function breakable(type: string): Html {
  const [object, change] = type.split('.')
  return html`${object}.<wbr>${change}`
}

export function webhooksPart(platform: Platform, customer: Customer | undefined): Html {
  const { db } = platform
  const deliveries = db.webhookDeliveries.page({
    limit: rowsShown,
    of: ofCustomer(customer),
    descending: true,
  })
  return html`<div class="spread"><h2>Webhook events</h2><span class="small soft">Signed in Svix format. Events without a receiver are stored</span></div>
${table(
  headings(customer, 'When (UTC)', 'Customer', { event: 'Event' }, 'State', 'Response', {
    'slim number': 'Tries',
  }),
  deliveries.map(
    (delivery) => html`<tr><td class="when">${instant(delivery.createdAt)}</td>
${!customer && cut(customerOf(platform, delivery).externalId)}<td class="mono type"><a href="${webhookAddress(delivery)}">${breakable(delivery.type)}</a></td><td>${badge(delivery.state)}</td>
${cut(delivery.lastError ?? (delivery.lastStatus === null ? '–' : `HTTP ${delivery.lastStatus}`))}<td class="number">${db.webhookAttempts.by('delivery', delivery.id).length}</td></tr>`,
  ),
  'No events yet.',
  'Webhook events',
)}`
}
