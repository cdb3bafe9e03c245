import type { Customer, PaymentMethod } from '../database/records/customers.ts'
import type { Price } from '../database/records/pricing.ts'
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

/** Returns a card that the dashboard's script replaces when its content changes. */
export const live = (id: string, content: Html, label: string): Html =>
  html`<section class="card stack" id="${id}" data-live aria-label="${label}">${content}</section>`

/**
 * Returns a small label for a status. The label's color shows whether the status needs attention. `text` replaces the
 * status's name.
 */
export const badge = (state: string, text = words(state)): Html =>
  html`<span class="badge ${tones[state] ?? ''}">${text}</span>`

export const priceText = (price: Price, quantity = 1): string =>
  price.type === 'single_payment'
    ? money(price.unitPrice)
    : `${money(price.unitPrice * quantity)} per ${every(price.intervalUnit, price.intervalCount)}`

export const cardText = ({ paymentMethodData }: PaymentMethod): Html =>
  html`${words(String(paymentMethodData.brand))} •••• ${String(paymentMethodData.last4)}<br>
<span class="small soft">Expires ${String(paymentMethodData.exp_month)}/${String(paymentMethodData.exp_year)}</span>`

/** The maximum number of rows in a table. */
export const rowsShown = 40

/**
 * Returns a customer's name. `bdi` keeps a name in a right-to-left script from reordering the text around it.
 */
export const nameOf = ({ name, externalId }: Customer): Html => html`<bdi>${name || externalId}</bdi>`

/** Returns the last `rowsShown` records, newest first. */
export const newest = <T>(records: readonly T[]): T[] => records.slice(-rowsShown).reverse()

/** Returns "30 in all", or "The newest 40 of 500" if a table can't show every row. */
export const howMany = (all: number): string =>
  all > rowsShown ? `The newest ${rowsShown} of ${count(all)}` : `${count(all)} in all`

/**
 * Finds the unarchived customers whose name, ID or email contains the search text. Returns at most `rowsShown`,
 * newest first, and the total number of matches.
 */
export function findCustomers({ db }: Platform, search: string): { shown: Customer[]; found: number } {
  const unarchived = { index: 'archived', key: 0 } as const
  if (search === '')
    return {
      shown: db.customers.page({ limit: rowsShown, of: unarchived, descending: true }),
      found: db.customers.count(unarchived),
    }
  const wanted = search.toLowerCase()
  const matches = ({ archived, name, externalId, email, id }: Customer) =>
    !archived && [name, externalId, email, id].some((text) => text.toLowerCase().includes(wanted))
  const found: Customer[] = []
  for (const customer of db.customers.all()) if (matches(customer)) found.push(customer)
  return { shown: newest(found), found: found.length }
}

/** Returns a search form that works without JavaScript. */
export const findForm = (
  action: string,
  search: string,
  {
    model,
    label = 'Find a customer',
    hint = 'Name, ID or email',
  }: { model?: string | undefined; label?: string; hint?: string } = {},
): Html =>
  html`<form action="${action}" class="find" role="search">
  ${model !== undefined && html`<input type="hidden" name="model" value="${model}">`}
  <input type="search" name="find" value="${search}" maxlength="200" aria-label="${label}" placeholder="${hint}">
  <button>Find</button>
</form>`

/** Returns a cell, optionally with a link, that truncates long text. The tooltip shows the full text. */
export const cut = (text: string, className = '', address?: string): Html =>
  html`<td class="long ${className}" title="${text}">${address === undefined ? text : html`<a href="${address}">${text}</a>`}</td>`

/** A column heading, optionally with the column's kind. */
export type Heading =
  | string
  | { [kind in 'number' | 'slim' | 'slim number' | 'broad' | 'event' | 'used']?: string }

/** Returns a table that scrolls if it is too wide. If there are no rows, returns the `empty` message. */
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
