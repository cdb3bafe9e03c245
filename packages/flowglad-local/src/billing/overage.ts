import type { Invoice } from '../database/records/payments.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { overageUnits } from '../rules/credits.ts'
import type { UsageLine } from './invoice.ts'
import { addOutstanding, grantCredits } from './ledger.ts'

/** Returns how many units are already on unpaid invoices that a retry will collect. */
const alreadyBilled = (
  { db }: Platform,
  subscriptionId: string,
  { ledgerAccountId, priceId }: { ledgerAccountId: string; priceId: string },
): number =>
  db.billingRuns
    .by('subscription', subscriptionId)
    .filter((run) => run.dueAt !== null)
    .flatMap((run) => db.invoiceLineItems.by('invoice', run.invoiceId))
    .filter((line) => line.ledgerAccountId === ledgerAccountId && line.priceId === priceId)
    .reduce((sum, line) => sum + (line.ledgerAccountCredit ?? 0), 0)

/**
 * Returns the invoice lines for usage that no credit covered: one line per meter and price.
 *
 * Invariant: each unit is billed on at most one invoice that will be collected.
 */
export function overageLines(
  platform: Platform,
  subscription: Subscription,
  billingRunId: string,
): UsageLine[] {
  const { db } = platform
  const uncovered = db.ledgerAccounts
    .by('subscription', subscription.id)
    .flatMap((account) =>
      Object.entries(account.outstanding).map(([priceId, units]) => ({ account, priceId, units })),
    )
  return uncovered.flatMap(({ account, priceId, units }) => {
    const price = db.prices.get(priceId)
    if (price.unitPrice === 0) return []
    const perUnit = price.usageEventsPerUnit ?? 1
    const amount = units - alreadyBilled(platform, subscription.id, { ledgerAccountId: account.id, priceId })
    if (amount <= 0) return []
    return {
      description: `Usage: ${db.usageMeters.get(account.usageMeterId).name} at $${(price.unitPrice / 100).toFixed(2)} per ${perUnit}`,
      price: price.unitPrice,
      quantity: overageUnits(amount, perUnit),
      priceId,
      usage: { ledgerAccountId: account.id, ledgerAccountCredit: amount, billingRunId },
    }
  })
}

/**
 * Grants exactly the units that a paid invoice's overage lines charged for. The granted units offset the past
 * usage, so the new period starts with its full grants.
 */
export function settleOverage(platform: Platform, at: number, invoice: Invoice): void {
  const { db } = platform
  for (const line of db.invoiceLineItems.by('invoice', invoice.id)) {
    if (line.type !== 'usage') continue
    const account = db.ledgerAccounts.get(line.ledgerAccountId)
    const { subscriptionId, usageMeterId } = account
    const priceId = line.priceId ?? ''
    const settled = Math.min(line.ledgerAccountCredit, account.outstanding[priceId] ?? 0)
    db.ledgerAccounts.patch(account.id, {
      outstanding: addOutstanding(account.outstanding, { priceId, outstanding: -settled }),
      updatedAt: at,
    })
    grantCredits(platform, at, {
      subscriptionId,
      usageMeterId,
      amount: line.ledgerAccountCredit,
      expiresAt: null,
      billingPeriodId: invoice.billingPeriodId,
      source: 'overage_settlement',
      description: `Settled by invoice ${invoice.invoiceNumber}`,
    })
  }
}
