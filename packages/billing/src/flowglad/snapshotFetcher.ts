import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import { RecentMap } from '../config/recentMap.ts'
import type { Customer, KnownCustomer } from '../contract/customer.ts'
import type { Meters } from '../contract/meters.ts'
import { unlimitedFeatures } from '../contract/unlimitedFeatures.ts'
import type { PlanBudget } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { changedContact } from './changedContact.ts'
import type { EventSender } from './eventSender.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { flowgladError } from './flowgladError.ts'
import type { Lease } from './leases.ts'
import { snapshotOf } from './snapshotOf.ts'

const rememberedCustomers = 10_000

/** Fetches snapshots and installs them in the ledger. The caller must hold the customer's lease. */
export class SnapshotFetcher {
  readonly #ledger: Ledger
  readonly #flowglad: FlowgladClient
  readonly #sender: EventSender
  readonly #clock: Pick<Clock, 'now'>
  /** Maps a meter's slug to the slug of the feature that makes the meter unlimited. */
  readonly #unlimitedBy: Record<string, string>
  /** Returns the budgets that the app sets for the plan with this price. */
  readonly #planBudgets: (priceSlug: string | null) => PlanBudget[]
  readonly #logger: Logger
  readonly #archived = new RecentMap<string, true>(rememberedCustomers)
  /** When a fetch last failed at Flowglad (`performance.now()`), or null if a fetch has succeeded since. */
  #failedAt: number | null = null

  constructor(parts: {
    ledger: Ledger
    flowglad: FlowgladClient
    sender: EventSender
    clock: Pick<Clock, 'now'>
    meters: Meters
    planBudgets: (priceSlug: string | null) => PlanBudget[]
    logger: Logger
  }) {
    this.#ledger = parts.ledger
    this.#flowglad = parts.flowglad
    this.#sender = parts.sender
    this.#clock = parts.clock
    this.#unlimitedBy = unlimitedFeatures(parts.meters)
    this.#planBudgets = parts.planBudgets
    this.#logger = parts.logger
  }

  /**
   * Whether the last fetch failed at Flowglad and no request has succeeded since then. Other failures, such
   * as a lost lease, don't count.
   */
  get isUnavailable(): boolean {
    return this.#failedAt !== null && !this.#flowglad.hasAnsweredSince(this.#failedAt)
  }

  /**
   * Fetches and installs a customer's snapshot. If the customer doesn't exist at Flowglad yet, creates the
   * customer first. Updates the customer's name and email at Flowglad if they have changed. Returns
   * Flowglad's `GET billing` answer, or null if the customer is archived. An archived customer's snapshot has
   * no subscription.
   */
  async fetch(customer: KnownCustomer, lease: Lease): Promise<unknown> {
    // Note the acknowledged usage again. Callers that joined this fetch while it was queued need notes that
    // are newer than their calls.
    await renote(lease)
    if (lease.ambiguous.length > 0) {
      // It is unknown whether Flowglad has recorded these events. Send them again, so that the ledger can
      // tell whether the balance includes them.
      await this.#sender.resend(lease.ambiguous.map((event) => ({ event, lease })))
      await renote(lease)
    }
    const found = await this.#asking(() => this.#flowglad.billing(customer.id))
    const isArchived = !found && (await this.#wasKnown(customer.id))
    if (isArchived) this.#reportArchived(customer.id)
    else this.#archived.delete(customer.id)
    const billing = found ?? (isArchived ? null : await this.#createNew(customer, lease))
    const snapshot = await this.#asking(() =>
      isArchived ? { subscription: null, meters: {} } : snapshotOf(billing, this.#clock.now()),
    )
    const { state } = await this.#ledger.execute({
      type: 'install',
      customer: customer.id,
      token: lease.token,
      snapshot,
      unlimitedBy: this.#unlimitedBy,
      planBudgets: this.#planBudgets(snapshot.subscription?.priceSlug ?? null),
    })
    if (state === 'leaseLost') throw leaseLost()
    this.#failedAt = null
    await this.#updateContact(customer, billing)
    return billing
  }

  /** Updates the customer's name and email at Flowglad. If the update fails, the next fetch tries again. */
  async #updateContact(customer: KnownCustomer, billing: unknown) {
    const changed = changedContact(customer, billing)
    if (!changed) return
    try {
      await this.#flowglad.updateCustomer(changed)
    } catch (error) {
      this.#logger.warn(
        { customer: customer.id, error: String(error) },
        'updating the customer at Flowglad failed and will be retried',
      )
    }
  }

  /** Whether the last fetch on this node found that Flowglad has archived the customer. */
  isArchived(customer: string): boolean {
    return this.#archived.peek(customer) ?? false
  }

  /** Recreates an archived customer as a new customer at Flowglad. */
  async recreate(customer: Customer): Promise<void> {
    await this.#create(customer, async () => {})
  }

  /**
   * Returns whether the customer has ever existed in this Flowglad environment. Archiving frees the
   * customer's ID. If Flowglad no longer finds a customer, either the customer is archived or the app now
   * uses a different environment. Recreating an archived customer would grant new credits.
   */
  async #wasKnown(customer: string): Promise<boolean> {
    const { snapshot } = await this.#ledger.balances(customer)
    if (!snapshot) return false
    const { subscription } = snapshot
    return (
      subscription === null || (await this.#asking(() => this.#flowglad.hasSubscription(subscription.id)))
    )
  }

  #reportArchived(customer: string) {
    if (this.isArchived(customer)) return
    this.#archived.set(customer, true)
    this.#logger.warn(
      { customer },
      'Flowglad has archived this customer. Calls are denied with CUSTOMER_ARCHIVED until billing.recreateCustomer creates the customer again.',
    )
  }

  async #createNew({ id, name, email }: KnownCustomer, lease: Lease) {
    if (name === undefined || email === undefined) throw new Error(`Flowglad has no customer ${id}`)
    return this.#create({ id, name, email }, async () => {
      if (!(await lease.keep())) throw leaseLost()
    })
  }

  /**
   * Creates a customer, then fetches and returns the customer's billing. Calls `beforeLook` between the two
   * requests.
   */
  async #create(customer: Customer, beforeLook: () => Promise<void>) {
    const { id } = customer
    const failure = await this.#asking(() => this.#flowglad.createCustomer(customer)).then(
      () => null,
      (error: unknown) => {
        if (!flowgladError(error)) throw error
        return { error }
      },
    )
    await beforeLook()
    // Fetch the billing even after an error, because Flowglad can create a customer and then answer with an
    // error.
    return this.#asking(async () => {
      const billing = await this.#flowglad.billing(id)
      if (billing) return billing
      if (failure) throw failure.error
      throw new Error(`Flowglad did not find customer ${id} right after creating the customer`)
    })
  }

  async #asking<T>(ask: () => Promise<T> | T): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      this.#failedAt = performance.now()
      throw error
    }
  }
}

async function renote(lease: Lease): Promise<void> {
  if (!(await lease.renote())) throw leaseLost()
}

const leaseLost = () => new Error("The customer's lease was lost to another node")
