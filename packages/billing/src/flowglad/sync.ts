import { type Clock, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import { traced } from '../config/tracing.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { createGate, type Waiter } from './gate.ts'
import type { Lease, Leases } from './leases.ts'
import type { EventSender } from './eventSender.ts'
import { snapshotOf } from './snapshotOf.ts'

export type FetchOutcome =
  | { state: 'installed' }
  | { state: 'failed'; error: unknown }
  /** The customer has caused enough fetches for now. */
  | { state: 'throttled' }

interface Fetch extends Waiter {
  /** From here on, arrivals are not in this fetch's notes. */
  noted: boolean
  outcome: Promise<FetchOutcome>
}
interface Entry {
  running: Fetch | null
  next: (Waiter & { outcome: Promise<FetchOutcome> }) | null
  tokens: number
  refilledAt: number
  staleRefreshes: number
  noRefreshBefore: number
  noPeriodLookBefore: number
}

export type Sync = ReturnType<typeof createSync>

/** Fetches customers' snapshots: one at a time each, few at a time altogether, denials first. */
export function createSync({
  ledger,
  flowglad,
  leases,
  sender,
  clock,
  options,
  logger,
  unlimitedBy,
  stopping,
}: {
  ledger: Ledger
  flowglad: FlowgladClient
  leases: Leases
  sender: EventSender
  clock: Clock
  options: BillingOptions
  logger: Logger
  unlimitedBy: Record<string, string>
  /** From its abort on, fetches that wait for their turn fail. */
  stopping: AbortSignal
}) {
  const entries = new Map<string, Entry>()
  const answers = new Map<string, { answer: unknown; at: number }>()
  const gate = createGate(options.maxFetches)
  /** Fetches that have begun and not ended, those that wait for their lease or at the gate among them. */
  let running = 0
  let lastFailedAt = Number.NEGATIVE_INFINITY
  let lastInstalledAt = Number.NEGATIVE_INFINITY

  function entryOf(customer: string): Entry {
    const known = entries.get(customer)
    if (known) {
      entries.delete(customer)
      entries.set(customer, known)
      return known
    }
    forgetOldest()
    const entry: Entry = {
      running: null,
      next: null,
      tokens: options.fetchBurst,
      refilledAt: clock.now(),
      staleRefreshes: 0,
      noRefreshBefore: Number.NEGATIVE_INFINITY,
      noPeriodLookBefore: Number.NEGATIVE_INFINITY,
    }
    entries.set(customer, entry)
    return entry
  }

  function forgetOldest() {
    if (entries.size < rememberedCustomers) return
    for (const [customer, { running }] of entries) {
      if (!running) entries.delete(customer)
      if (entries.size < rememberedCustomers) return
    }
  }

  /** For the browser's own billing query. Answers are large: only those of the latest customers stay. */
  function remember(customer: string, answer: unknown) {
    answers.delete(customer)
    answers.set(customer, { answer, at: clock.now() })
    const [oldest] = answers.keys()
    if (answers.size > rememberedAnswers && oldest !== undefined) answers.delete(oldest)
  }

  function takeToken(entry: Entry): boolean {
    const now = clock.now()
    const earned = Math.floor((now - entry.refilledAt) / options.fetchEveryMs)
    if (earned > 0) {
      entry.tokens = Math.min(options.fetchBurst, entry.tokens + earned)
      entry.refilledAt += earned * options.fetchEveryMs
    }
    if (entry.tokens < 1) return false
    entry.tokens--
    return true
  }

  /**
   * The outcome of a fetch whose notes are taken after this call. Joins one that has not taken them yet, and makes it urgent if this is; starts one
   * otherwise, which costs a token unless it is `forced` by a known change at Flowglad.
   */
  function fetch(
    customer: KnownCustomer,
    { urgent, forced }: { urgent: boolean; forced: boolean },
  ): Promise<FetchOutcome> {
    const entry = entryOf(customer.id)
    const joined = entry.running?.noted === false ? entry.running : entry.next
    if (joined) {
      joined.urgent ||= urgent
      return joined.outcome
    }
    if (!forced && !takeToken(entry)) return Promise.resolve({ state: 'throttled' })
    if (!entry.running) return start(customer, entry, urgent).outcome
    const outcome: Promise<FetchOutcome> = entry.running.outcome.then(() => {
      entry.next = null
      return start(customer, entry, next.urgent).outcome
    })
    const next = { urgent, outcome }
    entry.next = next
    return outcome
  }

  /** A fetch that waits at the gate keeps its customer's usage from being delivered: only for those who cannot come again later. */
  const hasRoom = () => running < options.maxFetches

  function start(customer: KnownCustomer, entry: Entry, urgent: boolean): Fetch {
    running++
    const fetching: Fetch = { urgent, noted: false, outcome: Promise.resolve({ state: 'throttled' }) }
    fetching.outcome = inLease(customer, fetching)
      .then(
        (): FetchOutcome => {
          lastInstalledAt = clock.now()
          return { state: 'installed' }
        },
        (error: unknown): FetchOutcome => {
          logger.warn({ customer: customer.id, error: String(error) }, 'fetching a snapshot failed')
          return { state: 'failed', error }
        },
      )
      .finally(() => {
        running--
        if (entry.running === fetching) entry.running = null
      })
    entry.running = fetching
    return fetching
  }

  /** The lease comes before the gate: who waits for a delivery to leave it must not keep others out. */
  async function inLease(customer: KnownCustomer, fetching: Fetch) {
    const lease = await leases.takeForFetch(customer.id, options.flowgladDeadlineMs)
    if (!lease) throw new Error('The sync lease is taken')
    try {
      await gate.enter(fetching, () =>
        traced('billing.fetch', {}, () => {
          if (stopping.aborted) throw new Error('This node is stopping')
          fetching.noted = true
          return fetchAndInstall(customer, lease)
        }),
      )
    } finally {
      await lease.leave()
    }
  }

  async function fetchAndInstall(customer: KnownCustomer, lease: Lease) {
    const { id } = customer
    // Anew, since whoever came while this waited at the gate has joined it.
    await noteAnew(lease)
    if (lease.ambiguous.length > 0) {
      // What Flowglad may have: asking for its books without knowing would count those units twice, or not at all.
      await sender.send(lease.ambiguous.map((event) => ({ event, lease })))
      await noteAnew(lease)
    }
    const answer = (await asking(() => flowglad.billing(id))) ?? (await createAndFetch(customer, lease.keep))
    const snapshot = await asking(() => snapshotOf(answer, clock.now()))
    const { state } = await ledger.execute({
      type: 'install',
      customer: id,
      token: lease.token,
      snapshot,
      unlimitedBy,
    })
    if (state === 'leaseLost') throw new Error('The sync lease was lost')
    remember(id, answer)
  }

  /** Fetches fail for other reasons too: a lease that another node has, a ledger out of reach. */
  async function asking<T>(ask: () => Promise<T> | T): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      lastFailedAt = clock.now()
      throw error
    }
  }

  async function noteAnew(lease: Lease) {
    if (!(await lease.renote())) throw new Error('The sync lease was lost')
  }

  async function createAndFetch({ id, name, email }: KnownCustomer, keepLease: () => Promise<boolean>) {
    if (name === undefined || email === undefined) throw new Error(`Flowglad has no customer ${id}`)
    await asking(() => flowglad.createCustomer({ id, name, email }))
    if (!(await keepLease())) throw new Error('The sync lease was lost')
    const answer = await asking(() => flowglad.billing(id))
    if (!answer) throw new Error(`Flowglad has no customer ${id} right after creating it`)
    return answer
  }

  return {
    fetch,

    /** As `fetch`, for somebody who can come again later: null while as many fetches run as may. */
    fetchIfRoom: (customer: KnownCustomer) =>
      hasRoom() ? fetch(customer, { urgent: false, forced: false }) : null,

    /**
     * A fetch that began before: no ground for a denial, but good enough for somebody who is not known at all. null when there is none; one that has not
     * asked Flowglad yet is joined by `fetch`.
     */
    underWay(customer: string): Promise<FetchOutcome> | null {
      const running = entries.get(customer)?.running
      return running?.noted ? running.outcome : null
    },

    /**
     * A look for the new period, before deciding: costs no token, and nobody waits for it longer than `decisionMs` (then null). `throttled` for a
     * while after one that brought nothing in time, or an outage would slow each call.
     */
    async fetchNewPeriod(customer: KnownCustomer): Promise<FetchOutcome | null> {
      const entry = entryOf(customer.id)
      if (clock.now() < entry.noPeriodLookBefore) return { state: 'throttled' }
      const outcome = await within(
        clock,
        options.decisionMs,
        fetch(customer, { urgent: true, forced: true }),
        null,
      )
      if (outcome?.state !== 'installed') entry.noPeriodLookBefore = clock.now() + options.snapshotMaxAgeMs
      return outcome
    },

    /**
     * Refreshes without anybody waiting, unless as many fetches run as may: then the next call does. Never more often than its own pause, which doubles
     * while the same reason stays.
     */
    refreshBehind(customer: KnownCustomer) {
      const entry = entryOf(customer.id)
      const now = clock.now()
      if (entry.running || now < entry.noRefreshBefore || !hasRoom()) return
      entry.noRefreshBefore = now + Math.min(1_000 * 2 ** entry.staleRefreshes, options.snapshotMaxAgeMs)
      entry.staleRefreshes++
      void fetch(customer, { urgent: false, forced: true })
    },
    /** The customer's snapshot is fresh: the next refresh need not wait. */
    isFresh(customer: string) {
      const entry = entries.get(customer)
      if (entry) entry.staleRefreshes = 0
    },

    /** Flowglad's last `GET billing` answer on this node, if it is not older than `maxAgeMs`. */
    lastBilling(customer: string, maxAgeMs: number): unknown {
      const last = answers.get(customer)
      return last && clock.now() - last.at <= maxAgeMs ? last.answer : null
    },

    /** When no fetch runs any more: each keeps a lease until it ends. */
    async idle() {
      for (;;) {
        const running = [...entries.values()].flatMap(({ running: fetching }) => fetching?.outcome ?? [])
        if (running.length === 0) return
        await Promise.all(running)
      }
    },

    /** Flowglad's last sign on this node was a failure. */
    isAway: () => lastFailedAt > lastInstalledAt,
  }
}

const rememberedCustomers = 10_000
const rememberedAnswers = 500
