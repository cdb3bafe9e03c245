import type { PaymentMethod, Price, Subscription } from '../database/records.ts'
import type { Platform } from '../platform.ts'
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

export const cardText = ({ paymentMethodData }: PaymentMethod): string =>
  `${words(String(paymentMethodData.brand))} •••• ${paymentMethodData.last4}, expires ${paymentMethodData.exp_month}/${paymentMethodData.exp_year}`

/** What is left of each meter, beside what was granted and has not ended. */
export function balanceBars({ books }: Platform, subscription: Subscription): Html {
  const accounts = books.ledgerAccounts.by('subscription', subscription.id)
  if (accounts.length === 0) return html`<p class="empty">No credits and no usage yet.</p>`
  const credits = books.usageCredits.by('subscription', subscription.id)
  return html`<div class="bars">${accounts.map(({ usageMeterId, balance }) => {
    const meter = books.usageMeters.get(usageMeterId)
    const granted = credits
      .filter((c) => c.usageMeterId === usageMeterId && !c.expired && c.source !== 'overage_settlement')
      .reduce((sum, c) => sum + c.issued, 0)
    return html`<div class="tight">
      <div class="spread"><strong>${meter.name}</strong>
        <span class="${balance < 0 ? 'negative' : ''}">${count(balance)} <span class="soft">of ${count(granted)}</span></span></div>
      <progress max="${Math.max(granted, 1)}" value="${Math.max(0, Math.min(balance, granted))}" aria-label="${meter.name}: ${count(balance)} of ${count(granted)} left"></progress>
    </div>`
  })}</div>`
}

/** A table that scrolls by itself on narrow screens, or a sentence when it has no rows. */
export function table(
  headings: readonly (string | { number: string })[],
  rows: readonly Html[],
  empty: string,
): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table"><table class="flow">
<thead><tr>${headings.map((h) =>
    typeof h === 'string'
      ? html`<th scope="col">${h}</th>`
      : html`<th scope="col" class="number">${h.number}</th>`,
  )}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}
