import { paymentMethodOf } from '../billing/collect.ts'
import { featuresOf, itemsAt } from '../billing/items.ts'
import { overageLines } from '../billing/overage.ts'
import { latestPeriod } from '../billing/periods.ts'
import type { InvoiceLineItem } from '../database/records/payments.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { count, money } from './format.ts'
import { type Html, html } from './html.ts'

interface Balance {
  meter: string
  /** The total of the unexpired grants, plus the overage that a plan change in this period charged. */
  granted: number
  used: number
  /** The price, in cents, of the usage beyond the grants. The next invoice will charge this amount. */
  overage: number
  /**
   * `limited` if the plan grants credits for this meter or other credits cover its usage, else `priced` if the usage has
   * a price, else `unlimited`.
   */
  kind: 'limited' | 'unlimited' | 'priced'
  /** Whether the plan has the meter's unlimited feature. */
  hasUnlimited: boolean
  /** Whether all the grants come from an earlier plan and expire. */
  isEarlierPlan: boolean
}

/** Returns a subscription's usage of each meter. */
function balancesOf(platform: Platform, subscription: Subscription): Balance[] {
  const { db, clock } = platform
  const accounts = db.ledgerAccounts.by('subscription', subscription.id)
  if (accounts.length === 0) return []
  const credits = db.usageCredits
    .by('subscription', subscription.id)
    .filter((credit) => !credit.expired && credit.source !== 'overage_settlement')
  const features = featuresOf(platform, itemsAt(platform, subscription.id, clock.now()))
  const toggles = new Set(
    features
      .filter(({ type, expiredAt }) => type === 'toggle' && (expiredAt ?? Infinity) > clock.now())
      .map(({ featureId }) => db.features.get(featureId).slug),
  )
  const limited = new Set(
    features
      .filter(({ type, amount }) => type === 'usage_credit_grant' && (amount ?? 0) > 0)
      .map(({ usageMeterId }) => usageMeterId),
  )
  const charged = chargedOverage(platform, subscription)
  // Without a payment method, Flowglad doesn't charge overage.
  const lines = paymentMethodOf(platform, subscription) ? overageLines(platform, subscription, '') : []
  return accounts.map(({ id, usageMeterId, balance, outstanding }) => {
    const { name, slug } = db.usageMeters.get(usageMeterId)
    const grants = credits.filter((credit) => credit.usageMeterId === usageMeterId)
    const settled = charged.filter(({ ledgerAccountId }) => ledgerAccountId === id)
    const granted =
      grants.reduce((sum, credit) => sum + credit.issued, 0) +
      settled.reduce((sum, line) => sum + (line.ledgerAccountCredit ?? 0), 0)
    const hasPrice = Object.keys(outstanding).some((priceId) => db.prices.get(priceId).unitPrice > 0)
    const isCovered = limited.has(usageMeterId) || (granted > 0 && balance >= 0)
    return {
      meter: name,
      granted,
      used: granted - balance,
      overage: lines
        .filter(({ usage }) => usage.ledgerAccountId === id)
        .reduce((sum, { price, quantity }) => sum + price * quantity, 0),
      kind: isCovered ? 'limited' : hasPrice ? 'priced' : 'unlimited',
      hasUnlimited: toggles.has(`unlimited_${slug}`),
      isEarlierPlan:
        !limited.has(usageMeterId) &&
        grants.every((it) => it.expiresAt !== null && (it.source === 'plan' || it.source === 'adjustment')),
    }
  })
}

/** Returns the invoice lines of overage that plan changes in the current period have charged. */
function chargedOverage(platform: Platform, { id }: Subscription): InvoiceLineItem[] {
  const { db } = platform
  const period = latestPeriod(platform, id)
  return db.billingRuns
    .by('subscription', id)
    .filter((run) => run.reason === 'adjustment' && run.status === 'succeeded')
    .filter((run) => run.billingPeriodId === period?.id)
    .flatMap((run) => db.invoiceLineItems.by('invoice', run.invoiceId))
    .filter(({ type }) => type === 'usage')
}

/** Returns whether the subscription has credits from a one-time purchase. They end with the subscription. */
export const hasBoughtCredits = ({ db }: Platform, subscriptionId: string): boolean =>
  db.usageCredits
    .by('subscription', subscriptionId)
    .some(({ source, expired, remaining }) => source === 'purchase' && !expired && remaining > 0)

/**
 * Returns whether the customer used more than the grants without paying. This indicates a bug in the app.
 */
const isOverdrawn = ({ kind, used, granted, overage }: Balance) =>
  kind === 'limited' && used > granted && overage === 0

const usedText = ({ kind, used, granted }: Balance): string =>
  kind === 'limited' ? `${count(used)} of ${count(granted)}` : count(used)

/** Returns each meter's used units, with a bar that shows the used part of the grants. */
export const balanceBars = (platform: Platform, subscription: Subscription): Html =>
  bars(
    subscription,
    balancesOf(platform, subscription).map((balance) => ({ ...balance, text: `${usedText(balance)} used` })),
  )

/**
 * Returns the bars as a customer sees them. After a plan change, an earlier plan's grants last until the period ends,
 * but they aren't the new plan's limit. Flowglad doesn't know which feature makes a meter unlimited, so the
 * feature's slug must be `unlimited_` followed by the meter's slug.
 */
export const customerBars = (platform: Platform, subscription: Subscription): Html =>
  bars(
    subscription,
    balancesOf(platform, subscription).map((balance) => {
      const { hasUnlimited, isEarlierPlan, kind } = balance
      const shown: Balance =
        kind === 'limited' && (hasUnlimited || isEarlierPlan) ? { ...balance, kind: 'unlimited' } : balance
      return { ...shown, text: `${usedText(shown)} used${hasUnlimited ? ', unlimited' : ''}` }
    }),
  )

function bars({ cancelScheduledAt }: Subscription, balances: (Balance & { text: string })[]): Html {
  if (balances.length === 0) return html`<p class="empty">No credits and no usage yet.</p>`
  // A subscription with a scheduled end has no next invoice.
  const charges =
    cancelScheduledAt === null
      ? 'The next invoice will charge'
      : 'If the plan continues, the next invoice will charge'
  return html`<div class="bars">${balances.map((balance) => {
    const { meter, granted, used, overage, kind, text } = balance
    return html`<div class="tight">
      <div class="spread"><strong>${meter}</strong>
        <span class="${isOverdrawn(balance) ? 'negative' : ''}">${text}</span></div>
      ${kind === 'limited' && html`<progress class="${isOverdrawn(balance) ? 'negative' : ''}" max="${Math.max(granted, 1)}" value="${Math.max(0, Math.min(used, granted))}" aria-label="${meter}: ${text}"></progress>`}
      ${overage > 0 && html`<p class="small soft">${charges} ${money(overage)} for usage beyond the plan.</p>`}
    </div>`
  })}</div>`
}

/** Returns each meter's used units, for a table cell. */
export const balanceLines = (platform: Platform, subscription: Subscription): Html[] =>
  balancesOf(platform, subscription).map(
    (balance) =>
      html`<div class="spread small"><span class="soft">${balance.meter}</span><span class="${isOverdrawn(balance) ? 'negative' : ''}">${usedText(balance)}</span></div>`,
  )
