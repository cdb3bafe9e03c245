import { z } from 'zod'
import { distinctKey } from '../rules/distinctKey.ts'
import { isCurrent } from '../rules/isCurrent.ts'
import { moveOutstandingToAccounts } from './migrate.ts'
import { openSqlite, openTemporarySqlite, type Sqlite } from './openSqlite.ts'
import { type Indexes, onlyValue } from './Rows.ts'
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
import type { Webhook, WebhookAttempt, WebhookDelivery } from './records/webhooks.ts'
import { Table } from './Table.ts'

/** The part of a delivery's body that identifies the customer (see `announce`). */
const announced = z.object({ customer: z.object({ id: z.string() }) })

/** The methods that the database calls on every table. */
type AnyTable = Pick<Table<{ id: string }>, 'open' | 'write' | 'commit' | 'rollback'>

const resident = { resident: true }

/**
 * Stores all of the platform's records in SQLite. Reads and writes are synchronous. `transaction` commits its
 * changes to the file before it returns. Without a file, the records are in a temporary file that is deleted
 * when the process ends.
 *
 * Invariant: outside `transaction`, the cached records and the file match.
 */
export class Database {
  readonly #sqlite: Sqlite
  readonly #tables: AnyTable[] = []
  readonly #changed = new Set<AnyTable>()
  #inTransaction = false
  #hasBegun = false
  #afterCommit: (() => void)[] = []
  /** Increases with every commit that changes records. The dashboard updates when the version changes. */
  version = 0

  readonly settings = this.#table<Setting>()('settings', {}, resident)
  readonly pricingModels = this.#table<PricingModel>()('pricing_models', {}, resident)
  readonly usageMeters = this.#table<UsageMeter>()(
    'usage_meters',
    { model: (r) => r.pricingModelId },
    resident,
  )
  readonly resources = this.#table<Resource>()('resources', { model: (r) => r.pricingModelId }, resident)
  readonly features = this.#table<Feature>()('features', { model: (r) => r.pricingModelId }, resident)
  readonly products = this.#table<Product>()('products', { model: (r) => r.pricingModelId }, resident)
  readonly productFeatures = this.#table<ProductFeature>()(
    'product_features',
    { product: (r) => r.productId },
    resident,
  )
  readonly prices = this.#table<Price>()(
    'prices',
    {
      product: (r) => r.productId,
      meter: (r) => r.usageMeterId,
      model: (r) => r.pricingModelId,
    },
    resident,
  )
  readonly customers = this.#table<Customer>()('customers', {
    externalId: (r) => (r.archived ? null : r.externalId),
    archivedExternalId: (r) => (r.archived ? r.externalId : null),
    archived: (r) => (r.archived ? 1 : 0),
  })
  readonly subscriptions = this.#table<Subscription>()('subscriptions', {
    customer: (r) => r.customerId,
    renewsAt: (r) => (isCurrent(r) ? r.currentBillingPeriodEnd : null),
  })
  readonly subscriptionItems = this.#table<SubscriptionItem>()('subscription_items', {
    subscription: (r) => r.subscriptionId,
  })
  readonly subscriptionFeatures = this.#table<SubscriptionFeature>()('subscription_features', {
    item: (r) => r.subscriptionItemId,
    productFeature: (r) => r.productFeatureId,
  })
  readonly resourceClaims = this.#table<ResourceClaim>()('resource_claims', {
    subscription: (r) => (r.releasedAt === null ? r.subscriptionId : null),
  })
  readonly billingPeriods = this.#table<BillingPeriod>()('billing_periods', {
    subscription: (r) => r.subscriptionId,
  })
  readonly billingRuns = this.#table<BillingRun>()('billing_runs', {
    subscription: (r) => r.subscriptionId,
    dueAt: (r) => r.dueAt,
  })
  readonly usageEvents = this.#table<UsageEvent>()('usage_events', {
    customer: (r) => r.customerId,
    transaction: (r) => `${r.transactionId}\u0000${r.usageMeterId}`,
    // Omit events without properties, because meters that count distinct properties reject them.
    distinct: (r) => (Object.keys(r.properties).length > 0 ? distinctKey(r) : null),
  })
  readonly usageCredits = this.#table<UsageCredit>()('usage_credits', {
    subscription: (r) => r.subscriptionId,
    expiring: (r) => (r.expired || r.expiresAt === null ? null : r.subscriptionId),
    spendable: (r) => (r.remaining > 0 && !r.expired ? `${r.subscriptionId}\u0000${r.usageMeterId}` : null),
  })
  readonly ledgerEntries = this.#table<LedgerEntry>()('ledger_entries', {
    subscription: (r) => r.subscriptionId,
  })
  readonly ledgerAccounts = this.#table<LedgerAccount>()('ledger_accounts', {
    subscription: (r) => r.subscriptionId,
    account: (r) => `${r.subscriptionId}\u0000${r.usageMeterId}`,
  })
  readonly paymentMethods = this.#table<PaymentMethod>()('payment_methods', {
    customer: (r) => r.customerId,
  })
  /** Contains a record, with the customer's ID, for each customer whose next payment will fail. */
  readonly plannedFailures = this.#table<{ id: string }>()('planned_failures', {}, resident)
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
  readonly discounts = this.#table<Discount>()('discounts', { model: (r) => r.pricingModelId }, resident)
  readonly discountRedemptions = this.#table<DiscountRedemption>()('discount_redemptions', {
    discount: (r) => r.discountId,
    subscription: (r) => r.subscriptionId,
  })
  readonly checkoutSessions = this.#table<CheckoutSession>()('checkout_sessions', {
    customer: (r) => r.customerId,
    unfinished: (r) => (r.status === 'succeeded' || r.status === 'pending' ? null : r.createdAt),
  })
  readonly webhooks = this.#table<Webhook>()('webhooks', { model: (r) => r.pricingModelId }, resident)
  readonly webhookDeliveries = this.#table<WebhookDelivery>()('webhook_deliveries', {
    // Events for the receiver from the options have their own index, because a later start can omit that
    // receiver.
    dueForReceiver: (r) => (r.state === 'pending' && r.webhookId === null ? r.nextAttemptAt : null),
    dueForWebhook: (r) => (r.state === 'pending' && r.webhookId !== null ? r.nextAttemptAt : null),
    endedAt: (r) => (r.state === 'pending' ? null : r.updatedAt),
    customer: (r) => announced.parse(JSON.parse(r.payload)).customer.id,
    model: (r) => r.pricingModelId,
  })
  readonly webhookAttempts = this.#table<WebhookAttempt>()('webhook_attempts', {
    delivery: (r) => r.deliveryId,
  })

  constructor(file: string | null) {
    this.#sqlite = file === null ? openTemporarySqlite() : openSqlite(file)
    const { database } = this.#sqlite
    try {
      database.exec('BEGIN IMMEDIATE')
      for (const table of this.#tables) table.open(database)
      database.exec('COMMIT')
      this.#migrate()
    } catch (error) {
      this.#sqlite.close()
      throw error
    }
  }

  /**
   * Runs `work` and commits all of its changes. If `work` throws or the file can't be written to, undoes
   * every change. A nested call is part of the outer transaction.
   */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work()
    this.#inTransaction = true
    try {
      const result = work()
      for (const table of this.#changed) table.write()
      if (this.#hasBegun) this.#sqlite.database.exec('COMMIT')
      if (this.#changed.size > 0) this.version++
      for (const table of this.#changed) table.commit()
      for (const notify of this.#afterCommit.splice(0)) setImmediate(notify)
      return result
    } catch (error) {
      if (this.#sqlite.database.inTransaction) this.#sqlite.database.exec('ROLLBACK')
      for (const table of this.#changed) table.rollback()
      this.#afterCommit = []
      throw error
    } finally {
      this.#changed.clear()
      this.#inTransaction = false
      this.#hasBegun = false
    }
  }

  /** Calls `notify` after the transaction commits, but not if the transaction is rolled back. */
  afterCommit(notify: () => void): void {
    this.#afterCommit.push(notify)
  }

  close(): void {
    this.#sqlite.close()
  }

  #migrate(): void {
    const { database } = this.#sqlite
    const version = database.prepare('SELECT user_version AS value FROM pragma_user_version').get()
    if (Number(onlyValue(version)) >= 1) return
    this.transaction(() => {
      moveOutstandingToAccounts(this)
      database.exec('PRAGMA user_version = 1')
    })
  }

  #table<Rec extends { id: string }>() {
    return <I extends Indexes<Rec>>(name: string, indexes: I, options: { resident?: boolean } = {}) => {
      const table: Table<Rec, I> = new Table<Rec, I>(name, indexes, {
        ...options,
        onChange: () => {
          if (!this.#inTransaction) throw new Error(`${name}: changed outside a transaction`)
          this.#changed.add(table)
        },
        onWrite: () => {
          if (!this.#hasBegun) this.#sqlite.database.exec('BEGIN IMMEDIATE')
          this.#hasBegun = true
        },
      })
      this.#tables.push(table)
      return table
    }
  }
}
