import { within } from '../config/clock.ts'
import { count } from '../config/metrics.ts'
import { traced } from '../config/tracing.ts'
import type { Customer } from '../contract/customer.ts'
import { BillingError, customerArchived, unavailable } from '../contract/errors.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { ReserveAnswer } from '../ledger/answers.ts'
import type { Label } from '../ledger/commands.ts'
import { onLedger } from '../ledger/onLedger.ts'
import { attemptId } from './attemptId.ts'
import { budgetDenial, keyDenial, noSubscription, overdueDenial, shortageDenial } from './denials.ts'
import { Hold, type HoldServices } from './hold.ts'
import { operationId } from './operationId.ts'
import type { PastDueTerms } from './pastDueTerms.ts'
import { legOf, lifetimeOf } from './policy.ts'
import type { UsableMeters } from './usableMeters.ts'

export interface ReserveRequest {
  customer: Customer
  /** The name shown on charges. */
  procedure: string
  /** The client's name for the operation. If null, each call is new work. */
  key: string | null
  /** The raw input's fingerprint. Null if and only if `key` is null. */
  fingerprint: string | null
  /** At least one leg, each with at least 1 unit. */
  legs: { meter: string; amount: number; labels?: Label[] | undefined }[]
}

/**
 * `completed`: an earlier call under the key succeeded. `result` is that call's stored result. Denials are
 * thrown as `BillingError`.
 */
export type Reserved = { state: 'held'; hold: Hold } | { state: 'completed'; result: string | null }

/** The ledger's decision, and whether it was based on fresh data. */
interface Decision {
  answer: ReserveAnswer
  /** True if the snapshot is no older than the call. */
  fresh: boolean
}

/**
 * Decides whether work can start. Before a call is denied, a snapshot that is older than the call is
 * replaced. The last snapshot is used instead if Flowglad doesn't respond in time, or if the customer has
 * caused too many fetches.
 */
export class Reservations {
  readonly #services: HoldServices
  readonly #sync: Sync
  readonly #usableMeters: UsableMeters
  readonly #upgradeUrl: string
  readonly #pastDue: PastDueTerms | undefined

  constructor(
    services: HoldServices,
    parts: {
      sync: Sync
      usableMeters: UsableMeters
      upgradeUrl: string
      /** If omitted, customers keep a past-due plan without a time limit. */
      pastDue?: PastDueTerms
    },
  ) {
    const { sync, usableMeters, upgradeUrl, pastDue } = parts
    this.#services = services
    this.#sync = sync
    this.#usableMeters = usableMeters
    this.#upgradeUrl = upgradeUrl
    this.#pastDue = pastDue
  }

  /** Reserves the units, or throws the denial. Throws `BILLING_UNAVAILABLE` while the process is stopping. */
  async reserve(request: ReserveRequest): Promise<Reserved> {
    const { inFlight } = this.#services
    if (inFlight.isClosing) throw unavailable(1_000)
    const attributes = () => ({
      'billing.procedure': request.procedure,
      'billing.meters': request.legs.map(({ meter }) => meter),
    })
    try {
      return await inFlight.track(traced('billing.reserve', attributes, () => this.#reserve(request)))
    } catch (error) {
      if (error instanceof BillingError) {
        const { code } = error.denial
        count('denials', 1, () => ({ code, procedure: request.procedure }))
      }
      throw error
    }
  }

  async #reserve(request: ReserveRequest): Promise<Reserved> {
    const attempt = attemptId(this.#services.clock.now())
    const { answer, fresh } = await this.#decide(request, attempt)
    switch (answer.state) {
      case 'held':
        this.#refreshIfOld(request.customer, answer, fresh)
        return { state: 'held', hold: await this.#begin(request, attempt, answer) }
      case 'completed':
        return answer
      case 'inProgress':
      case 'keyReused':
        throw keyDenial(answer, request.key ?? '')
      case 'short':
        throw shortageDenial(answer.legs, answer.asOf, this.#upgradeUrl)
      case 'pastDue':
        throw overdueDenial(answer, this.#pastDue?.billingUrl ?? this.#upgradeUrl)
      case 'overBudget':
        throw budgetDenial(answer.budgets)
      case 'noSubscription':
        throw this.#sync.isArchived(request.customer.id)
          ? customerArchived()
          : noSubscription(this.#upgradeUrl)
      case 'needsSnapshot':
        throw unavailable(1_000)
      default:
        throw new Error(`Unexpected answer from the ledger: ${JSON.stringify(answer satisfies never)}`)
    }
  }

  /**
   * Sends the reserve command. If the ledger would deny the call, fetches a snapshot, checks the meters and
   * sends the command again. Waits for Flowglad for at most `decisionMs` in total.
   */
  async #decide(request: ReserveRequest, attempt: string): Promise<Decision> {
    const { clock, options } = this.#services
    const { customer } = request
    const meters = request.legs.map(({ meter }) => meter)
    await this.#usableMeters.assert(meters)
    let answer = await this.#askChecked(request, attempt)
    // `decisionMs` limits only the wait for Flowglad: a slow ledger must not cause a denial based on an old
    // snapshot.
    const deadline = clock.now() + options.decisionMs
    const wait = <T>(outcome: Promise<T>) => within(clock, Math.max(0, deadline - clock.now()), outcome, null)
    const checkMeters = async () => {
      await wait(this.#usableMeters.load())
      await this.#usableMeters.assert(meters)
    }
    let looked = false
    let fresh = true

    if (answer.state === 'needsSnapshot' && answer.reason !== 'outdated') {
      const underWay = this.#sync.fetchUnderWay(customer.id)
      if (underWay) {
        await wait(underWay)
        answer = await this.#ask(request, attempt, { decisive: false })
      }
    }
    if (answer.state === 'needsSnapshot' && answer.reason === 'outdated') {
      const [outcome] = await Promise.all([this.#sync.fetchNewPeriod(customer), checkMeters()])
      looked = outcome?.state !== 'throttled'
      fresh = outcome?.state === 'installed'
      answer = await this.#ask(request, attempt, { decisive: true })
    }
    if (!looked && wouldDeny(answer)) {
      const fetching = this.#sync.fetch(customer, { urgent: true, forced: false })
      const [outcome] = await Promise.all([wait(fetching), checkMeters()])
      fresh = outcome?.state === 'installed'
      answer = await this.#ask(request, attempt, { decisive: true })
    }
    return { answer, fresh }
  }

  /**
   * Sends the reserve command after the check for a restored backup. If the store was reopened before the
   * answer arrived, the answer may come from a backup. In that case, releases the hold, and repeats the check
   * and the command.
   */
  async #askChecked(request: ReserveRequest, attempt: string): Promise<ReserveAnswer> {
    const { ledger, restored } = this.#services
    const keyed = request.key !== null
    if (!restored.isReady) await restored.ready({ keyed })
    const interruptions = ledger.interruptions()
    const answer = await this.#ask(request, attempt, { decisive: false })
    if (ledger.interruptions() === interruptions) return answer
    await restored.ready({ keyed })
    await onLedger(ledger.execute({ type: 'release', customer: request.customer.id, attempt }))
    return this.#ask(request, attempt, { decisive: false })
  }

  /**
   * Sends the reserve command to the ledger. If `decisive` is true, the ledger decides even if the snapshot
   * is outdated.
   */
  #ask(
    request: ReserveRequest,
    attempt: string,
    { decisive }: { decisive: boolean },
  ): Promise<ReserveAnswer> {
    const { ledger, meters, options, restored } = this.#services
    const { customer, procedure, key, fingerprint, legs } = request
    const { ttlMs, maxHoldMs } = lifetimeOf(meters, legs, options)
    const recoverable = restored.recognizesKeys ? operationOf(request) : undefined
    return onLedger(
      ledger.execute({
        type: 'reserve',
        customer: customer.id,
        attempt,
        procedure,
        key,
        fingerprint,
        legs: legs.map((leg) => legOf(meters, leg)),
        ttlMs,
        maxHoldMs,
        snapshotMaxStaleMs: options.snapshotMaxStaleMs,
        decisive,
        pastDue: this.#pastDue?.rule,
        ...(recoverable === undefined ? {} : { recoverable }),
      }),
    )
  }

  /**
   * Starts the hold, unless the shutdown grace period has ended. Work that starts after that period couldn't
   * be charged.
   */
  async #begin(request: ReserveRequest, attempt: string, answer: HeldAnswer): Promise<Hold> {
    const { subscription, expiresInMs } = answer
    const { customer, procedure, key, fingerprint, legs } = request
    const hold = new Hold(this.#services, {
      customer: customer.id,
      attempt,
      subscription,
      procedure,
      key,
      fingerprint,
      operation: operationOf(request),
      legs,
      expiresInMs,
    })
    if (!this.#services.inFlight.graceEnded.aborted) return hold
    await hold.release()
    throw unavailable(1_000)
  }

  /** Refreshes an old snapshot in the background. The call doesn't wait for the refresh. */
  #refreshIfOld(customer: Customer, { outdated, snapshotAgeMs }: HeldAnswer, fresh: boolean): void {
    const isOld = snapshotAgeMs > jittered(this.#services.options.snapshotMaxAgeMs)
    if (outdated || isOld) this.#sync.refreshInBackground(customer)
    else if (fresh) this.#sync.resetRefreshPauses(customer.id)
  }
}

/** Returns the keyed operation's ID, or undefined without a key. */
const operationOf = ({ customer, procedure, key, fingerprint }: ReserveRequest) =>
  key === null || fingerprint === null
    ? undefined
    : operationId({ customer: customer.id, procedure, key, fingerprint })

type HeldAnswer = Extract<ReserveAnswer, { state: 'held' }>

const wouldDeny = ({ state }: ReserveAnswer) =>
  state === 'short' || state === 'pastDue' || state === 'noSubscription' || state === 'needsSnapshot'

const jittered = (ms: number) => ms * (0.8 + Math.random() * 0.4)
