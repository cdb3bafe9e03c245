import type { Clock } from '../config/clock.ts'
import type { Customer } from '../contract/customer.ts'
import { PlanChangeError, unavailable } from '../contract/errors.ts'
import type { PlanChange, PlanOffer } from '../contract/plans.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { Sync } from '../flowglad/sync.ts'
import { askFlowglad } from './askFlowglad.ts'
import { planSummary } from './balanceRows.ts'
import type { CurrentSubscription, Subscription } from './currentSubscription.ts'
import { decidePlanChange } from './decidePlanChange.ts'
import { type FailedChange, nextRecoveryStep } from './nextRecoveryStep.ts'
import { afterPlanChange, rejectedChange } from './planChangeErrors.ts'
import type { Statements } from './statements.ts'
import type { CustomerLedger } from './usableBalances.ts'

interface Parts {
  ledger: Pick<CustomerLedger, 'balances'>
  flowglad: Pick<FlowgladClient, 'adjust' | 'cancelAtPeriodEnd' | 'uncancel' | 'cancelScheduledAdjustment'>
  sync: Pick<Sync, 'fetch'>
  subscriptions: CurrentSubscription
  statements: Pick<Statements, 'paymentIds' | 'chargedSince'>
  clock: Clock
}

/** A plan change, without its `forfeits`. */
type MadeChange = Omit<PlanChange, 'forfeits'>

interface Change {
  /** Requests the change from Flowglad. Returns the time at which the change takes effect. */
  request: () => Promise<number>
  /** Returns whether a subscription reflects the change. */
  isMade: (subscription: Subscription) => boolean
}

/** Changes, cancels and resumes plans. Recovers when a change fails partway. */
export class PlanChanges {
  readonly #parts: Parts
  /** Each customer's newest request on this node. */
  readonly #newest = new Map<string, Promise<MadeChange>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Upgrades immediately, or downgrades at the end of the period. A change to the free plan cancels the paid
   * plan.
   */
  changePlan(customer: Customer, wanted: PlanOffer): Promise<MadeChange> {
    return this.#inTurn(customer, () => this.#changePlan(customer, wanted))
  }

  /** Cancels the plan at the end of the paid period, and removes a scheduled downgrade. */
  cancel(customer: Customer): Promise<MadeChange> {
    return this.#inTurn(customer, () => this.#cancel(customer))
  }

  /** Undoes a scheduled cancellation or downgrade. */
  resume(customer: Customer): Promise<MadeChange> {
    return this.#inTurn(customer, () => this.#resume(customer))
  }

  /**
   * Runs the customer's requests on this node one after another. Each request must see the result of the previous
   * request. A request can take a minute, because Flowglad waits for the payment.
   */
  async #inTurn(customer: Customer, request: () => Promise<MadeChange>): Promise<MadeChange> {
    const earlier = this.#newest.get(customer.id)
    const running = earlier ? earlier.then(request, request) : request()
    this.#newest.set(customer.id, running)
    try {
      return await running
    } finally {
      if (this.#newest.get(customer.id) === running) this.#newest.delete(customer.id)
    }
  }

  async #changePlan(customer: Customer, wanted: PlanOffer): Promise<MadeChange> {
    const { flowglad, subscriptions, statements, clock } = this.#parts
    if (wanted.kind !== 'plan') {
      throw new PlanChangeError("A pack can't replace your plan. Buy it through the checkout.")
    }
    if (wanted.isFree) return this.#cancel(customer)
    const { priceSlug } = wanted
    const current = await subscriptions.require(customer)
    const decision = decidePlanChange(current, priceSlug)
    if (decision === 'nothing') return this.#read(customer, clock.now())
    const earlier = decision === 'adjust' ? await statements.paymentIds(customer) : null
    const readCharge = async () =>
      earlier ? statements.chargedSince(customer, { subscription: current.id, earlier }) : 'unknown'
    const made = await this.#change(customer, current, {
      async request() {
        if (decision === 'lift') return clock.now()
        const { resolvedTiming } = await askFlowglad(flowglad.adjust(current.id, priceSlug)).catch(
          async (error: unknown) => {
            throw await rejectedChange(error, readCharge)
          },
        )
        return resolvedTiming === atPeriodEnd ? (current.periodEnd ?? clock.now()) : clock.now()
      },
      isMade: (now) => now.priceSlug === priceSlug || now.scheduledAdjustmentAt !== null,
    })
    const charged = await readCharge()
    return charged === 'unknown' ? made : { ...made, charged }
  }

  async #cancel(customer: Customer): Promise<MadeChange> {
    const { flowglad, subscriptions, clock } = this.#parts
    const current = await subscriptions.require(customer)
    const { id, isFree, cancelScheduledAt, periodEnd } = current
    if (isFree) throw new PlanChangeError("You're on the free plan, which can't be canceled.")
    if (cancelScheduledAt !== null) return this.#read(customer, cancelScheduledAt)
    return this.#change(customer, current, {
      async request() {
        await askFlowglad(flowglad.cancelAtPeriodEnd(id))
        return periodEnd ?? clock.now()
      },
      isMade: (now) => now.cancelScheduledAt !== null,
    })
  }

  async #resume(customer: Customer): Promise<MadeChange> {
    const { subscriptions, clock } = this.#parts
    const current = await subscriptions.require(customer)
    if (!liftedBy(current)) return this.#read(customer, clock.now())
    try {
      await this.#liftSchedules(customer, current)
    } finally {
      // Fetch even after a failure, because one of the two schedules may already have been removed.
      await subscriptions.look(customer)
    }
    return afterPlanChange(this.#read(customer, clock.now()))
  }

  async #change(customer: Customer, current: Subscription, change: Change): Promise<MadeChange> {
    let effectiveAt: number
    let isRequested = false
    try {
      await this.#liftSchedules(customer, current)
      isRequested = true
      effectiveAt = await change.request()
    } catch (error) {
      const isRejected = error instanceof PlanChangeError
      const outcome = !isRequested ? 'notAsked' : isRejected ? 'rejected' : 'unclear'
      return this.#recover(customer, current, change, outcome, error)
    }
    return this.#fetchAndRead(customer, effectiveAt)
  }

  /**
   * Removes a scheduled cancellation and a scheduled downgrade. Flowglad rejects plan changes while one of
   * them is scheduled.
   */
  async #liftSchedules(customer: Customer, current: Subscription) {
    const { flowglad } = this.#parts
    const lift = async (
      schedule: 'cancelScheduledAt' | 'scheduledAdjustmentAt',
      request: () => Promise<unknown>,
    ) => {
      if (current[schedule] === null) return
      try {
        await askFlowglad(request())
      } catch (error) {
        // Flowglad can remove the schedule and then answer with an error, so check whether it is still
        // scheduled.
        const now = await this.#parts.subscriptions.look(customer)
        if (!now) throw unavailable(2_000, error)
        if (now[schedule] !== null) throw error
      }
    }
    await lift('cancelScheduledAt', () => flowglad.uncancel(current.id))
    await lift('scheduledAdjustmentAt', () => flowglad.cancelScheduledAdjustment(current.id))
  }

  /**
   * Performs the steps of `nextRecoveryStep`. Returns the change if Flowglad made it despite the failed
   * request.
   */
  async #recover(
    customer: Customer,
    current: Subscription,
    { isMade }: Change,
    outcome: FailedChange['outcome'],
    cause: unknown,
  ): Promise<MadeChange> {
    const { flowglad, subscriptions } = this.#parts
    let failed: FailedChange = { lifted: liftedBy(current), outcome, seen: 'notYet', restored: 'notTried' }
    for (;;) {
      const step = nextRecoveryStep(failed, cause)
      switch (step.do) {
        case 'look': {
          const subscription = await subscriptions.look(customer)
          failed = { ...failed, seen: subscription && { subscription, isMade: isMade(subscription) } }
          break
        }
        case 'restoreCancellation': {
          const restored = (await succeeds(flowglad.cancelAtPeriodEnd(current.id))) ? 'yes' : 'no'
          failed = { ...failed, restored, seen: 'notYet' }
          break
        }
        case 'accept':
          return afterPlanChange(this.#read(customer, this.#effectiveAt(step.subscription)))
        case 'liftRestored':
          return this.#liftRestored(customer, step.subscription)
        case 'fail':
          throw step.error
        default:
          step satisfies never
      }
    }
  }

  async #liftRestored(customer: Customer, { id, scheduledAdjustmentAt }: Subscription): Promise<MadeChange> {
    const { flowglad, subscriptions, clock } = this.#parts
    // Flowglad can remove the cancellation and then answer with an error, so check the subscription too.
    const isLifted =
      (await succeeds(flowglad.uncancel(id))) ||
      (await subscriptions.look(customer))?.cancelScheduledAt === null
    if (isLifted) {
      return this.#fetchAndRead(customer, scheduledAdjustmentAt ?? clock.now())
    }
    throw new PlanChangeError(
      'Your plan was changed, but it is still scheduled to end. Resume your plan to keep it.',
      { mayHaveCharged: true },
    )
  }

  #effectiveAt({ cancelScheduledAt, scheduledAdjustmentAt }: Subscription): number {
    return cancelScheduledAt ?? scheduledAdjustmentAt ?? this.#parts.clock.now()
  }

  /** Fetches and returns the plan after a change, even if the customer is throttled. */
  async #fetchAndRead(customer: Customer, effectiveAt: number): Promise<MadeChange> {
    await this.#parts.sync.fetch(customer, { urgent: true, forced: true })
    return afterPlanChange(this.#read(customer, effectiveAt))
  }

  async #read(customer: Customer, effectiveAt: number): Promise<MadeChange> {
    const { snapshot, pastDue } = await this.#parts.ledger.balances(customer.id)
    return { plan: planSummary(snapshot?.subscription ?? null, pastDue), effectiveAt, charged: null }
  }
}

const atPeriodEnd = 'at_end_of_current_billing_period'

/** Returns the schedule that must be removed before a change. */
function liftedBy({ cancelScheduledAt, scheduledAdjustmentAt }: Subscription): FailedChange['lifted'] {
  if (cancelScheduledAt !== null) return 'cancellation'
  return scheduledAdjustmentAt !== null ? 'downgrade' : null
}

const succeeds = (request: Promise<unknown>) =>
  request.then(
    () => true,
    () => false,
  )
