import type { Customer, PaymentMethod } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { count, every, money, words } from './format.ts'
import { type Html, html } from './html.ts'

const tones: Record<string, 'good' | 'bad' | 'plain' | ''> = {
  active: 'good',
  trialing: 'good',
  paid: 'good',
  succeeded: 'good',
  delivered: 'good',
  past_due: 'bad',
  unpaid: 'bad',
  failed: 'bad',
  canceled: 'plain',
  void: 'plain',
  expired: 'plain',
  kept: 'plain',
}

/** A state as a small label; what needs attention stands out. */
export const badge = (state: string): Html =>
  html`<span class="badge ${tones[state] ?? ''}">${words(state)}</span>`

export const priceText = (price: Price, quantity = 1): string =>
  price.type === 'single_payment'
    ? money(price.unitPrice)
    : `${money(price.unitPrice * quantity)} per ${every(price.intervalUnit, price.intervalCount)}`

export const cardText = ({ paymentMethodData }: PaymentMethod): Html =>
  html`${words(String(paymentMethodData.brand))} •••• ${String(paymentMethodData.last4)}<br>
<span class="small soft">Expires ${String(paymentMethodData.exp_month)}/${String(paymentMethodData.exp_year)}</span>`

/** How many rows a table of the newest shows. */
export const rowsShown = 40

/** The newest of them first, as far as a page can show. */
export const newest = <T>(records: Iterable<T>): T[] => [...records].slice(-rowsShown).reverse()

/** "500 in all", or that these are only the newest of them. */
export const howMany = (all: number): string =>
  all > rowsShown ? `The newest ${rowsShown} of ${count(all)}` : `${count(all)} in all`

/** Customers whose name, id or address has this in it, the oldest first; all who are not archived for "". */
export function findCustomers({ db }: Platform, search: string): Customer[] {
  const wanted = search.toLowerCase()
  return [...db.customers.all()].filter(
    (customer) =>
      !customer.archived &&
      [customer.name, customer.externalId, customer.email, customer.id].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
  )
}

/** A form, so that it works without JavaScript. Shown once there is more than one can see at once. */
export const findForm = (action: string, search: string): Html =>
  html`<form action="${action}" class="find" role="search">
  <input type="search" name="find" value="${search}" maxlength="200" aria-label="Find a customer" placeholder="Name, id or email">
  <button>Find</button>
</form>`

/** Text that a narrow column cuts; pointing at it shows all of it. */
export const cut = (text: string, className = ''): Html =>
  html`<td class="long ${className}" title="${text}">${text}</td>`

/** What is left of each meter, beside what was granted and has not ended. */
export function balanceBars({ db }: Platform, subscription: Subscription): Html {
  const accounts = db.ledgerAccounts.by('subscription', subscription.id)
  if (accounts.length === 0) return html`<p class="empty">No credits and no usage yet.</p>`
  const credits = db.usageCredits.by('subscription', subscription.id)
  return html`<div class="bars">${accounts.map(({ usageMeterId, balance }) => {
    const meter = db.usageMeters.get(usageMeterId)
    const granted = credits
      .filter((c) => c.usageMeterId === usageMeterId && !c.expired && c.source !== 'overage_settlement')
      .reduce((sum, c) => sum + c.issued, 0)
    return html`<div class="tight">
      <div class="spread"><strong>${meter.name}</strong>
        <span class="${balance < 0 ? 'negative' : ''}">${count(balance)} <span class="soft">of ${count(granted)} left</span></span></div>
      <progress max="${Math.max(granted, 1)}" value="${Math.max(0, Math.min(balance, granted))}" aria-label="${meter.name}: ${count(balance)} of ${count(granted)} left"></progress>
    </div>`
  })}</div>`
}

/** A heading, or one whose column is of a kind: of numbers, slim, or broad. */
export type Heading = string | { [kind in 'number' | 'slim' | 'slim number' | 'broad']?: string }

/** A table that scrolls by itself on narrow screens, or a sentence when it has no rows. */
export function table(
  headings: readonly Heading[],
  rows: readonly Html[],
  empty: string,
  label = 'Table',
): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const columns = headings.map((h) => (typeof h === 'string' ? ['', h] : (Object.entries(h)[0] ?? [])))
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${label}"><table class="flow">
<thead><tr>${columns.map(([kind, text]) => html`<th scope="col" class="${kind}">${text}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}
