import { propertiesKey } from '../rules/credits.ts'
import { type Journal, sqliteJournal } from './journal.ts'
import type * as R from './records.ts'
import { Table } from './Table.ts'

/** Events with the same key are one event to a meter that counts distinct properties. */
export const distinctKey = (event: Pick<R.UsageEvent, 'billingPeriodId' | 'usageMeterId' | 'properties'>) =>
  `${event.billingPeriodId}\u0000${event.usageMeterId}\u0000${propertiesKey(event.properties)}`

/**
 * Everything the platform knows. Reads and writes are synchronous and in memory; a transaction's changes reach the
 * SQLite file together, before anybody hears of them. Without a file the books last as long as the process.
 *
 * Invariant: outside of `transaction` memory and file say the same.
 */
export class Books {
  readonly #undo: (() => void)[] = []
  readonly #changed = new Map<string, { table: string; id: string }>()
  readonly #tables = new Map<string, { find(id: string): unknown; load(record: never): void }>()
  readonly #journal: Journal | null
  #inTransaction = false
  #afterCommit: (() => void)[] = []
  /** Grows with every commit: what the dashboard watches. */
  version = 0

  readonly settings = this.#table<R.Setting>()('settings', {})
  readonly pricingModels = this.#table<R.PricingModel>()('pricing_models', {})
  readonly usageMeters = this.#table<R.UsageMeter>()('usage_meters', { model: (r) => r.pricingModelId })
  readonly resources = this.#table<R.Resource>()('resources', { model: (r) => r.pricingModelId })
  readonly features = this.#table<R.Feature>()('features', { model: (r) => r.pricingModelId })
  readonly products = this.#table<R.Product>()('products', { model: (r) => r.pricingModelId })
  readonly productFeatures = this.#table<R.ProductFeature>()('product_features', {
    product: (r) => r.productId,
  })
  readonly prices = this.#table<R.Price>()('prices', {
    product: (r) => r.productId,
    meter: (r) => r.usageMeterId,
    model: (r) => r.pricingModelId,
  })
  readonly customers = this.#table<R.Customer>()('customers', {
    externalId: (r) => (r.archived ? null : r.externalId),
  })
  readonly subscriptions = this.#table<R.Subscription>()('subscriptions', { customer: (r) => r.customerId })
  readonly subscriptionItems = this.#table<R.SubscriptionItem>()('subscription_items', {
    subscription: (r) => r.subscriptionId,
  })
  readonly subscriptionFeatures = this.#table<R.SubscriptionFeature>()('subscription_features', {
    item: (r) => r.subscriptionItemId,
  })
  readonly resourceClaims = this.#table<R.ResourceClaim>()('resource_claims', {
    subscription: (r) => (r.releasedAt === null ? r.subscriptionId : null),
  })
  readonly billingPeriods = this.#table<R.BillingPeriod>()('billing_periods', {
    subscription: (r) => r.subscriptionId,
  })
  readonly billingRuns = this.#table<R.BillingRun>()('billing_runs', {
    subscription: (r) => r.subscriptionId,
    due: (r) => (r.dueAt === null ? null : 'due'),
  })
  readonly usageEvents = this.#table<R.UsageEvent>()('usage_events', {
    subscription: (r) => r.subscriptionId,
    transaction: (r) => `${r.transactionId}\u0000${r.usageMeterId}`,
    distinct: (r) => distinctKey(r),
  })
  readonly usageCredits = this.#table<R.UsageCredit>()('usage_credits', {
    subscription: (r) => r.subscriptionId,
    spendable: (r) => (r.remaining > 0 && !r.expired ? `${r.subscriptionId}\u0000${r.usageMeterId}` : null),
  })
  readonly ledgerEntries = this.#table<R.LedgerEntry>()('ledger_entries', {
    subscription: (r) => r.subscriptionId,
    outstanding: (r) => (r.outstanding > 0 ? r.subscriptionId : null),
  })
  readonly ledgerAccounts = this.#table<R.LedgerAccount>()('ledger_accounts', {
    subscription: (r) => r.subscriptionId,
    account: (r) => `${r.subscriptionId}\u0000${r.usageMeterId}`,
  })
  readonly paymentMethods = this.#table<R.PaymentMethod>()('payment_methods', {
    customer: (r) => r.customerId,
  })
  readonly invoices = this.#table<R.Invoice>()('invoices', {
    customer: (r) => r.customerId,
    subscription: (r) => r.subscriptionId,
  })
  readonly invoiceLineItems = this.#table<R.InvoiceLineItem>()('invoice_line_items', {
    invoice: (r) => r.invoiceId,
  })
  readonly payments = this.#table<R.Payment>()('payments', {
    customer: (r) => r.customerId,
    invoice: (r) => r.invoiceId,
  })
  readonly purchases = this.#table<R.Purchase>()('purchases', { customer: (r) => r.customerId })
  readonly discounts = this.#table<R.Discount>()('discounts', { model: (r) => r.pricingModelId })
  readonly discountRedemptions = this.#table<R.DiscountRedemption>()('discount_redemptions', {
    discount: (r) => r.discountId,
    subscription: (r) => r.subscriptionId,
  })
  readonly checkoutSessions = this.#table<R.CheckoutSession>()('checkout_sessions', {
    customer: (r) => r.customerId,
  })
  readonly webhooks = this.#table<R.Webhook>()('webhooks', { model: (r) => r.pricingModelId })
  readonly webhookDeliveries = this.#table<R.WebhookDelivery>()('webhook_deliveries', {
    state: (r) => r.state,
  })

  constructor(file: string | null) {
    this.#journal = file === null ? null : sqliteJournal(file, [...this.#tables.keys()])
    for (const [name, table] of this.#tables) {
      // The file is this program's own: what it wrote has the shape it wrote.
      for (const record of this.#journal?.load(name) ?? []) table.load(record as never)
    }
  }

  /** Runs `work` so that all of its changes happen or none: none when it throws, or when the file refuses them. */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work()
    this.#inTransaction = true
    try {
      const result = work()
      if (this.#changed.size > 0) {
        this.#journal?.write(
          Array.from(this.#changed.values(), ({ table, id }) => ({
            table,
            id,
            record: this.#tables.get(table)?.find(id),
          })),
        )
        this.version++
      }
      for (const notify of this.#afterCommit.splice(0)) setImmediate(notify)
      return result
    } catch (error) {
      for (const undo of this.#undo.toReversed()) undo()
      this.#afterCommit = []
      throw error
    } finally {
      this.#undo.length = 0
      this.#changed.clear()
      this.#inTransaction = false
    }
  }

  /** Runs after the transaction is on disk, and never when it is undone. */
  afterCommit(notify: () => void): void {
    this.#afterCommit.push(notify)
  }

  close(): void {
    this.#journal?.close()
  }

  #table<Rec extends { id: string }>() {
    return <I extends Record<string, (record: Rec) => string | null>>(name: string, indexes: I) => {
      const table = new Table<Rec, I>(name, indexes, (changedTable, id, undo) => {
        if (!this.#inTransaction) throw new Error(`${changedTable}: changed outside of a transaction`)
        this.#undo.push(undo)
        this.#changed.set(`${changedTable}\u0000${id}`, { table: changedTable, id })
      })
      this.#tables.set(name, table)
      return table
    }
  }
}
