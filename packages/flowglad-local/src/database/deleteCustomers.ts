import type { Database } from './Database.ts'

/**
 * Deletes all customers with their subscriptions, usage, payments, checkout sessions and events. Keeps the pricing,
 * the webhooks and the settings. Call this in a transaction.
 */
export function deleteCustomers(db: Database): void {
  for (const planned of [...db.plannedFailures.all()]) db.plannedFailures.remove(planned)
  for (const table of [
    db.customers,
    db.subscriptions,
    db.subscriptionItems,
    db.subscriptionFeatures,
    db.resourceClaims,
    db.billingPeriods,
    db.billingRuns,
    db.usageEvents,
    db.usageCredits,
    db.ledgerEntries,
    db.ledgerAccounts,
    db.paymentMethods,
    db.invoices,
    db.invoiceLineItems,
    db.payments,
    db.purchases,
    db.discountRedemptions,
    db.checkoutSessions,
    db.webhookDeliveries,
    db.webhookAttempts,
  ])
    table.clear()
}
