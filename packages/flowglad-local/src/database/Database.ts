import { distinctKey } from '../rules/distinctKey.ts'
import { type Journal, sqliteJournal } from './journal.ts'

import type { CheckoutSession } from './records/checkoutSessions.ts'
import type { Customer, PaymentMethod } from './records/customers.ts'
import type {
  BillingRun,
  DiscountRedemption,
  Invoice,
  InvoiceLineItem,
  Payment,
  Purchase,
} from './records/payments.ts'
import type {
  Discount,
  Feature,
  Price,
  PricingModel,
  Product,
  ProductFeature,
  Resource,
  UsageMeter,
} from './records/pricing.ts'
import type { Setting } from './records/settings.ts'
import type {
  BillingPeriod,
  ResourceClaim,
  Subscription,
  SubscriptionFeature,
  SubscriptionItem,
} from './records/subscriptions.ts'
import type { LedgerAccount, LedgerEntry, UsageCredit, UsageEvent } from './records/usage.ts'
import type { Webhook, WebhookDelivery } from './records/webhooks.ts'
import { Table } from './Table.ts'

/**
 * Holds all of the platform's records. Reads and writes are synchronous and in memory. A transaction writes
 * its changes to the SQLite file before it returns. Without a file, records are lost when the process ends.
 *
 * Invariant: outside `transaction`, memory and the file match.
 */
export class Database {
  readonly #undo: (() => void)[] = []
  readonly #changed = new Map<string, { table: string; id: string }>()
  readonly #tables = new Map<string, { find(id: string): unknown; load(record: never): void }>()
  readonly #journal: Journal | null
  #inTransaction = false
  #afterCommit: (() => void)[] = []
  /** Increases with every commit. The dashboard updates when the version changes. */
  version = 0

  readonly settings = this.#table<Setting>()('settings', {})
  readonly pricingModels = this.#table<PricingModel>()('pricing_models', {})
  readonly usageMeters = this.#table<UsageMeter>()('usage_meters', { model: (r) => r.pricingModelId })
  readonly resources = this.#table<Resource>()('resources', { model: (r) => r.pricingModelId })
  readonly features = this.#table<Feature>()('features', { model: (r) => r.pricingModelId })
  readonly products = this.#table<Product>()('products', { model: (r) => r.pricingModelId })
  readonly productFeatures = this.#table<ProductFeature>()('product_features', {
    product: (r) => r.productId,
  })
  readonly prices = this.#table<Price>()('prices', {
    product: (r) => r.productId,
    meter: (r) => r.usageMeterId,
    model: (r) => r.pricingModelId,
  })
  readonly customers = this.#table<Customer>()('customers', {
    externalId: (r) => (r.archived ? null : r.externalId),
  })
  readonly subscriptions = this.#table<Subscription>()('subscriptions', { customer: (r) => r.customerId })
  readonly subscriptionItems = this.#table<SubscriptionItem>()('subscription_items', {
    subscription: (r) => r.subscriptionId,
  })
  readonly subscriptionFeatures = this.#table<SubscriptionFeature>()('subscription_features', {
    item: (r) => r.subscriptionItemId,
  })
  readonly resourceClaims = this.#table<ResourceClaim>()('resource_claims', {
    subscription: (r) => (r.releasedAt === null ? r.subscriptionId : null),
  })
  readonly billingPeriods = this.#table<BillingPeriod>()('billing_periods', {
    subscription: (r) => r.subscriptionId,
  })
  readonly billingRuns = this.#table<BillingRun>()('billing_runs', {
    subscription: (r) => r.subscriptionId,
    due: (r) => (r.dueAt === null ? null : 'due'),
  })
  readonly usageEvents = this.#table<UsageEvent>()('usage_events', {
    subscription: (r) => r.subscriptionId,
    transaction: (r) => `${r.transactionId}\u0000${r.usageMeterId}`,
    distinct: (r) => distinctKey(r),
  })
  readonly usageCredits = this.#table<UsageCredit>()('usage_credits', {
    subscription: (r) => r.subscriptionId,
    spendable: (r) => (r.remaining > 0 && !r.expired ? `${r.subscriptionId}\u0000${r.usageMeterId}` : null),
  })
  readonly ledgerEntries = this.#table<LedgerEntry>()('ledger_entries', {
    subscription: (r) => r.subscriptionId,
    outstanding: (r) => (r.outstanding > 0 ? r.subscriptionId : null),
  })
  readonly ledgerAccounts = this.#table<LedgerAccount>()('ledger_accounts', {
    subscription: (r) => r.subscriptionId,
    account: (r) => `${r.subscriptionId}\u0000${r.usageMeterId}`,
  })
  readonly paymentMethods = this.#table<PaymentMethod>()('payment_methods', {
    customer: (r) => r.customerId,
  })
  readonly invoices = this.#table<Invoice>()('invoices', {
    customer: (r) => r.customerId,
    subscription: (r) => r.subscriptionId,
  })
  readonly invoiceLineItems = this.#table<InvoiceLineItem>()('invoice_line_items', {
    invoice: (r) => r.invoiceId,
  })
  readonly payments = this.#table<Payment>()('payments', {
    customer: (r) => r.customerId,
    invoice: (r) => r.invoiceId,
  })
  readonly purchases = this.#table<Purchase>()('purchases', { customer: (r) => r.customerId })
  readonly discounts = this.#table<Discount>()('discounts', { model: (r) => r.pricingModelId })
  readonly discountRedemptions = this.#table<DiscountRedemption>()('discount_redemptions', {
    discount: (r) => r.discountId,
    subscription: (r) => r.subscriptionId,
  })
  readonly checkoutSessions = this.#table<CheckoutSession>()('checkout_sessions', {
    customer: (r) => r.customerId,
  })
  readonly webhooks = this.#table<Webhook>()('webhooks', { model: (r) => r.pricingModelId })
  readonly webhookDeliveries = this.#table<WebhookDelivery>()('webhook_deliveries', {
    state: (r) => r.state,
  })

  constructor(file: string | null) {
    this.#journal = file === null ? null : sqliteJournal(file, [...this.#tables.keys()])
    for (const [name, table] of this.#tables) {
      // Only this program writes to the file, so its records have the expected shape.
      for (const record of this.#journal?.load(name) ?? []) table.load(record as never)
    }
  }

  /**
   * Runs `work` and commits all of its changes. If `work` throws or the file can't be written to, undoes
   * every change.
   */
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

  /** Calls `notify` after the transaction commits. Doesn't call it if the transaction is rolled back. */
  afterCommit(notify: () => void): void {
    this.#afterCommit.push(notify)
  }

  close(): void {
    this.#journal?.close()
  }

  #table<Rec extends { id: string }>() {
    return <I extends Record<string, (record: Rec) => string | null>>(name: string, indexes: I) => {
      const table = new Table<Rec, I>(name, indexes, (changedTable, id, undo) => {
        if (!this.#inTransaction) throw new Error(`${changedTable}: changed outside a transaction`)
        this.#undo.push(undo)
        this.#changed.set(`${changedTable}\u0000${id}`, { table: changedTable, id })
      })
      this.#tables.set(name, table)
      return table
    }
  }
}
