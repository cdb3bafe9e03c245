import { type Clock, sleep, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import { withCauses } from '../contract/causes.ts'
import type { Denial } from '../contract/denials.ts'
import { BillingError } from '../contract/errors.ts'
import * as fields from '../ledger/fields.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { DenialCount } from '../ledger/reads.ts'
import { isOutage } from '../ledger/reportOutages.ts'

/** A call that can be denied. */
export interface DeniableCall {
  customer: string
  /** The name that operators see: the procedure's path, or the app's own name for plain work. */
  procedure: string
}

type Kind = Omit<DenialCount, 'count' | 'firstMsAgo' | 'lastMsAgo'>

const nameOf = ({ customer, procedure, code, meter, feature }: Kind) =>
  JSON.stringify([customer, procedure, code, meter, feature])

/** The denials of one kind that aren't in the ledger yet. Times are on this process's clock. */
interface Waiting extends Kind {
  count: number
  firstAt: number
  lastAt: number
}

/** These limits bound the memory, the rows in the ledger, and the duration of a write. */
const limits = {
  /** How many kinds of denials can wait for the ledger. Denials of further kinds aren't counted. */
  waiting: 10_000,
  /** How many rows one write can add to the ledger. */
  rowsPerWrite: 500,
  /**
   * How many kinds are counted separately per customer and hour. Further kinds are counted as
   * `otherProcedures`.
   */
  kindsPerCustomer: 100,
  /** The maximum number of customers whose kinds are remembered. At this limit, all kinds are forgotten. */
  customers: 10_000,
}
/** The procedure name of denials beyond `kindsPerCustomer`. */
const otherProcedures = '(other procedures)'

const pauseMs = { betweenWrites: 1_000, afterFailure: 15_000, onClose: 2_000 }
const hourMs = 3_600_000

/**
 * Counts denials in memory, and adds the counts to the ledger in the background, at most once a second. A
 * denied call doesn't wait for the write, and returns the same denial if the write fails. If the process
 * dies, counts that aren't in the ledger yet are lost.
 */
export class DenialCounts {
  readonly #ledger: Pick<Ledger, 'countDenials'>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #counted = new WeakSet<BillingError>()
  readonly #waiting = new Map<string, Waiting>()
  /** The kinds of each customer's denials in this hour. */
  readonly #kinds = new Map<string, Set<string>>()
  #kindsSince = 0
  #writing: Promise<void> | null = null
  #hasFailed = false
  readonly #closing = new AbortController()

  constructor(parts: { ledger: Pick<Ledger, 'countDenials'>; clock: Clock; logger: Logger }) {
    this.#ledger = parts.ledger
    this.#clock = parts.clock
    this.#logger = parts.logger
  }

  /** Runs the work. If the call is denied, counts the denial and rethrows it. */
  async during<T>(call: DeniableCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.note(call, error)
      throw error
    }
  }

  /**
   * Counts the denial in the error or its causes, if there is one. If an outer procedure rethrows an inner
   * procedure's denial, the denial counts once, for the inner procedure. Never throws.
   */
  note(call: DeniableCall, thrown: unknown): void {
    for (const error of withCauses(thrown)) {
      if (!(error instanceof BillingError)) continue
      const { denial } = error
      // The call was allowed and its work is done, so this isn't a denial.
      if (denial.code === 'BILLING_UNAVAILABLE' && denial.chargeUnconfirmed) return
      if (this.#counted.has(error)) return
      this.#counted.add(error)
      for (const reason of reasonsOf(denial)) this.#add(call, denial, reason)
      if (this.#waiting.size > 0) this.#writing ??= this.#writeLater()
      return
    }
  }

  /** Adds the waiting counts to the ledger without a further pause. Waits up to two seconds. */
  async close(): Promise<void> {
    this.#closing.abort()
    const writing = async () => {
      await this.#writing
      while (this.#waiting.size > 0 && (await this.#write()));
    }
    await within(this.#clock, pauseMs.onClose, writing(), undefined)
  }

  #add(call: DeniableCall, { code }: Denial, reason: Reason): void {
    const given = { ...call, code, ...reason }
    // A caller can repeat a denied call very often, so a kind that is already waiting skips the checks.
    const waiting = this.#waiting.get(nameOf(given)) ?? this.#addKind(given)
    if (!waiting) return
    waiting.count += 1
    waiting.lastAt = this.#clock.now()
    if (waiting.meter === null) return
    waiting.required = reason.required
    waiting.available = reason.available
  }

  /**
   * Returns this kind's waiting count and adds it if necessary. Returns null if the denial can't be counted.
   */
  #addKind(given: Kind): Waiting | null {
    if (!fields.customer.safeParse(given.customer).success) return null
    const kind = this.#boundedKind({ ...given, procedure: storable(given.procedure) })
    const name = nameOf(kind)
    const waiting = this.#waiting.get(name)
    if (waiting) return waiting
    if (this.#waiting.size >= limits.waiting) return null
    const now = this.#clock.now()
    const added = { ...kind, count: 0, firstAt: now, lastAt: now }
    this.#waiting.set(name, added)
    return added
  }

  /** Returns the kind, or a combined kind if the customer already has too many kinds in this hour. */
  #boundedKind(kind: Kind): Kind {
    const now = this.#clock.now()
    if (now >= this.#kindsSince + hourMs || this.#kinds.size >= limits.customers) {
      this.#kinds.clear()
      this.#kindsSince = now
    }
    const known = this.#kinds.get(kind.customer) ?? new Set()
    this.#kinds.set(kind.customer, known)
    const name = nameOf(kind)
    if (!known.has(name) && known.size >= limits.kindsPerCustomer)
      return { ...kind, procedure: otherProcedures, ...noReason }
    known.add(name)
    return kind
  }

  /** Writes the counts after a pause. The pause doesn't keep the process running. */
  async #writeLater(): Promise<void> {
    const pause = this.#hasFailed ? pauseMs.afterFailure : pauseMs.betweenWrites
    await sleep(this.#clock, pause, this.#closing.signal, { keepAlive: false })
    await this.#write()
    const continues = this.#waiting.size > 0 && !this.#closing.signal.aborted
    this.#writing = continues ? this.#writeLater() : null
  }

  /**
   * Adds up to `rowsPerWrite` counts to the ledger, and returns whether the write succeeded. During an
   * outage, the counts keep waiting. Never rejects.
   */
  async #write(): Promise<boolean> {
    const taken = [...this.#waiting].slice(0, limits.rowsPerWrite)
    for (const [name] of taken) this.#waiting.delete(name)
    const now = this.#clock.now()
    const rows = taken.map(([, { firstAt, lastAt, ...kind }]) => ({
      ...kind,
      firstMsAgo: now - firstAt,
      lastMsAgo: now - lastAt,
    }))
    try {
      await this.#ledger.countDenials(rows)
      this.#hasFailed = false
      return true
    } catch (error) {
      this.#hasFailed = true
      if (!isOutage(error)) {
        // Another attempt would fail too, so drop these counts.
        this.#logger.warn({ error: String(error) }, 'counting denials failed')
        return false
      }
      for (const [name, before] of taken) {
        const since = this.#waiting.get(name)
        if (since) Object.assign(since, { count: since.count + before.count, firstAt: before.firstAt })
        else this.#waiting.set(name, before)
      }
      return false
    }
  }
}

type Reason = Pick<DenialCount, 'meter' | 'feature' | 'required' | 'available'>

const noReason: Reason = { meter: null, feature: null, required: null, available: null }

/** Returns a reason for each meter that lacks units. For any other denial, returns a single reason. */
function reasonsOf(denial: Denial): Reason[] {
  switch (denial.code) {
    case 'INSUFFICIENT_CREDITS':
    case 'PAYMENT_OVERDUE': {
      const reasons = denial.meters.map(({ meter, required, availableBalance }) => ({
        ...noReason,
        meter: storable(meter),
        required: integer(required),
        available: integer(availableBalance),
      }))
      return reasons.length > 0 ? reasons : [noReason]
    }
    case 'BUDGET_EXCEEDED': {
      const { meter, required, limit, used, held } = denial
      const available = integer(limit - used - held)
      return [{ ...noReason, meter: storable(meter), required: integer(required), available }]
    }
    case 'FEATURE_NOT_INCLUDED':
      return [{ ...noReason, feature: storable(denial.feature) }]
    default:
      return [noReason]
  }
}

/**
 * Returns null for a number that can't be stored. Apps can throw an `InsufficientCreditsError` with any numbers.
 */
const integer = (units: number) => (Number.isSafeInteger(units) ? units : null)

/** Returns the text, shortened and in a form that both stores can save. */
const storable = (text: string) => fields.decoration.parse(text.slice(0, 256))
