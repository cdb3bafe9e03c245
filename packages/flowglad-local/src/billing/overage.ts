import type { Invoice } from '../database/records/payments.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { overageUnits } from '../rules/credits.ts'
import type { UsageLine } from './invoice.ts'
import { grantCredits } from './ledger.ts'

/** Returns how many units are already on invoices that a retry will collect. */
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
 * Invariant: no unit is billed on two invoices that will both be collected.
 */
export function overageLines(
  platform: Platform,
  subscription: Subscription,
  billingRunId: string,
): UsageLine[] {
  const { db } = platform
  const outstanding = new Map<string, { usageMeterId: string; priceId: string; amount: number }>()
  for (const entry of db.ledgerEntries.by('outstanding', subscription.id)) {
    if (!entry.priceId || db.prices.get(entry.priceId).unitPrice === 0) continue
    const key = `${entry.usageMeterId} ${entry.priceId}`
    const sum = outstanding.get(key) ?? {
      usageMeterId: entry.usageMeterId,
      priceId: entry.priceId,
      amount: 0,
    }
    outstanding.set(key, { ...sum, amount: sum.amount + entry.outstanding })
  }
  return [...outstanding.values()].flatMap(({ usageMeterId, priceId, amount: all }) => {
    const price = db.prices.get(priceId)
    const perUnit = price.usageEventsPerUnit ?? 1
    const account = db.ledgerAccounts.first('account', `${subscription.id}\u0000${usageMeterId}`)
    if (!account) throw new Error(`${subscription.id} has usage of ${usageMeterId} but no account`)
    const amount = all - alreadyBilled(platform, subscription.id, { ledgerAccountId: account.id, priceId })
    if (amount <= 0) return []
    return {
      description: `Usage: ${db.usageMeters.get(usageMeterId).name} at $${(price.unitPrice / 100).toFixed(2)} per ${perUnit}`,
      price: price.unitPrice,
      quantity: overageUnits(amount, perUnit),
      priceId,
      usage: { ledgerAccountId: account.id, ledgerAccountCredit: amount, billingRunId },
    }
  })
}

/**
 * Grants exactly the units that a paid invoice's overage lines charged for. These units offset the past
 * usage, so the new period starts with its full grants.
 */
export function settleOverage(platform: Platform, at: number, invoice: Invoice): void {
  const { db } = platform
  for (const line of db.invoiceLineItems.by('invoice', invoice.id)) {
    if (line.type !== 'usage') continue
    const { subscriptionId, usageMeterId } = db.ledgerAccounts.get(line.ledgerAccountId)
    let left = line.ledgerAccountCredit
    for (const entry of db.ledgerEntries.by('outstanding', subscriptionId)) {
      if (entry.usageMeterId !== usageMeterId || entry.priceId !== line.priceId || left === 0) continue
      const settled = Math.min(left, entry.outstanding)
      db.ledgerEntries.patch(entry.id, { outstanding: entry.outstanding - settled, updatedAt: at })
      left -= settled
    }
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
