import { type Clock, sleep, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { Recover } from '../ledger/commands.ts'
import { customer, operation } from '../ledger/fields.ts'
import { groupBy } from '../ledger/groupBy.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RestoreState } from '../ledger/reads.ts'
import { recoverableEvent } from '../ledger/recoverCommand.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import type { FlowgladClient } from './flowgladClient.ts'
import { type ListedEvent, listUsageEvents } from './listUsageEvents.ts'

/** An event that this ledger has sent, as Flowglad lists it. */
type OwnEvent = Recover['events'][number] & { customer: string }
const ownEvent = recoverableEvent.extend({ customer })

/** The maximum number of pages of Flowglad's list that the check searches for an event of this ledger. */
const maxCheckedPages = 20
/** Recovery ends after this many consecutive events that the ledger had acknowledged before the restore. */
const enoughKnownEvents = 100
const retryMs = 2_000
/** How often to look for a restore that another process has recorded. */
const pollMs = 10_000

/**
 * Recognizes that the ledger was restored from a backup, and recovers the usage events that Flowglad has and
 * the backup lacks. A restored ledger lacks charges and keys. Without recovery, the ledger would allow too
 * many calls, and charge retries again.
 *
 * The ledger was restored if Flowglad has an event that this ledger sent but no longer has. The check runs on
 * the first call, and again after the store was opened or lost its connection. Until the check ends, nothing
 * is delivered. Calls wait for the check, but no longer than `decisionMs`.
 */
export class RestoredLedger {
  readonly #ledger: Ledger
  readonly #flowglad: Pick<FlowgladClient, 'newestUsageEvents'>
  readonly #clock: Clock
  readonly #options: Pick<BillingOptions, 'decisionMs'>
  readonly #logger: Logger
  readonly #stopping: AbortSignal
  #state: RestoreState | null = null
  /** The value of `ledger.interruptions()` at the last check. */
  #checked = -1
  #checking: Promise<void> | null = null
  /** The last error that was logged. */
  #logged = ''
  #noCheckBefore = Number.NEGATIVE_INFINITY
  #recovery: { startedAt: number; ended: Promise<void> } | null = null

  constructor(parts: {
    ledger: Ledger
    flowglad: Pick<FlowgladClient, 'newestUsageEvents'>
    clock: Clock
    options: Pick<BillingOptions, 'decisionMs'>
    logger: Logger
    /** Recovery stops when this signal aborts. */
    stopping: AbortSignal
  }) {
    this.#ledger = parts.ledger
    this.#flowglad = parts.flowglad
    this.#clock = parts.clock
    this.#options = parts.options
    this.#logger = parts.logger
    this.#stopping = parts.stopping
  }

  /** Whether the ledger has been checked since its store was last opened or lost its connection. */
  get isChecked(): boolean {
    return this.#checked === this.#ledger.interruptions()
  }

  /** Whether the ledger may lack events that Flowglad has. */
  get isRecovering(): boolean {
    return this.#state?.isRecovering ?? false
  }

  /** Whether calls can go to the ledger without waiting for a check or a recovery. */
  get isReady(): boolean {
    return this.isChecked && !this.isRecovering
  }

  /** Whether a call's key may be one that the restored ledger has lost. */
  get recognizesKeys(): boolean {
    return this.#state?.recognizesKeys ?? false
  }

  /**
   * Waits until the ledger is checked, but no longer than `decisionMs`. A call with a key also waits for the
   * recovery of lost events, until `decisionMs` after the recovery began. Never rejects.
   */
  async ready({ keyed }: { keyed: boolean }): Promise<void> {
    const { decisionMs } = this.#options
    const until = (work: Promise<unknown>, ms: number) => within(this.#clock, ms, work, undefined)
    if (this.#clock.now() >= this.#noCheckBefore) await until(this.tryCheck(), decisionMs)
    if (!keyed || !this.#recovery) return
    const { startedAt, ended } = this.#recovery
    await until(ended, Math.max(0, startedAt + decisionMs - this.#clock.now())).catch(() => {})
  }

  /**
   * Checks the ledger, unless it was already checked. Returns `unavailable` if Flowglad doesn't respond, and
   * `failed` if the ledger doesn't respond or was reopened during the check.
   */
  async tryCheck(): Promise<'checked' | 'unavailable' | 'failed'> {
    if (this.isChecked) return 'checked'
    try {
      await this.#check()
      return this.isChecked ? 'checked' : 'failed'
    } catch (error) {
      return isOutage(error) ? 'failed' : 'unavailable'
    }
  }

  /**
   * Returns whether the ledger is checked and no process has recorded a restore since. Reads the ledger,
   * because `isReady` can be out of date.
   */
  async isStillReady(): Promise<boolean> {
    this.#state = await this.#ledger.restoreState()
    return this.isReady
  }

  /**
   * Checks the ledger and recovers lost events, until `stopping` aborts. Pauses don't keep the process
   * running.
   */
  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const isDone = await this.#pass().catch((error: unknown) => {
        this.#logOnce(error)
        return false
      })
      await sleep(this.#clock, isDone ? pollMs : retryMs, stopping, { keepAlive: false })
    }
  }

  async #pass(): Promise<boolean> {
    if ((await this.tryCheck()) !== 'checked') return false
    this.#state = await this.#ledger.restoreState()
    if (this.isRecovering) await this.#recover()
    return true
  }

  #logOnce(error: unknown): void {
    const reason = String(error)
    if (isOutage(error) || reason === this.#logged) return
    this.#logged = reason
    this.#logger.warn({ error: reason }, 'reading the lost usage from Flowglad failed and will be retried')
  }

  /**
   * Checks whether the ledger was restored. Concurrent calls share one check. Rejects if the ledger or Flowglad
   * doesn't respond.
   */
  #check(): Promise<void> {
    this.#checking ??= this.#checkOnce()
      .catch((error: unknown) => {
        // The ledger or Flowglad doesn't respond, so calls don't wait for a check during the next `retryMs`.
        this.#noCheckBefore = this.#clock.now() + retryMs
        throw error
      })
      .finally(() => {
        this.#checking = null
      })
    return this.#checking
  }

  async #checkOnce(): Promise<void> {
    const state = await this.#ledger.restoreState()
    const interruptions = this.#ledger.interruptions()
    const isRestored = !state.isRecovering && (await this.#hasLostEvents(state))
    if (isRestored) await this.#ledger.markRestored()
    // Read the state again, because another node may have recorded and recovered the restore during the
    // check.
    this.#state = await this.#ledger.restoreState()
    if (isRestored) {
      this.#logger.error(
        {},
        'The ledger was restored from a backup, and lacks usage events that Flowglad has. Until they are recovered, no usage is delivered',
      )
    }
    this.#checked = interruptions
    // If the recovery fails, `run` tries again.
    if (this.isRecovering) this.#recover().catch(() => {})
  }

  /** Returns whether the ledger lacks one of the newest events that it has sent. */
  async #hasLostEvents(state: RestoreState): Promise<boolean> {
    let pages = 0
    for await (const listed of listUsageEvents(this.#flowglad)) {
      const own = ownEvents(listed ?? [], state)
      if (own.length > 0) return (await this.#ledger.eventStates(own)).includes('missing')
      if (++pages >= maxCheckedPages || listed === null || isTooOld(listed, state)) return false
    }
    return false
  }

  /** Recovers the events that Flowglad has and the ledger lacks. Concurrent calls share one recovery. */
  #recover(): Promise<void> {
    this.#recovery ??= {
      startedAt: this.#clock.now(),
      ended: this.#recoverOnce().finally(() => {
        this.#recovery = null
      }),
    }
    return this.#recovery.ended
  }

  async #recoverOnce(): Promise<void> {
    const state = await this.#ledger.restoreState()
    const interruptions = this.#ledger.interruptions()
    let recovered = 0
    let known = 0
    for await (const listed of listUsageEvents(this.#flowglad)) {
      if (this.#stopping.aborted) return
      if (listed === null) throw new Error('Flowglad refuses to list its usage events')
      const own = ownEvents(listed, state)
      const states = await this.#ledger.eventStates(own)
      const lost = own.filter((_, index) => states[index] === 'missing' || states[index] === 'open')
      for (const [customer, events] of groupBy(lost, (event) => event.customer)) {
        const { added } = await this.#ledger.execute({ type: 'recover', customer, events })
        recovered += added
      }
      // Count only events that the backup contained. An earlier recovery may have added newer events, and
      // then stopped before it reached the older ones.
      known = states.every((it) => it === 'acknowledged') ? known + own.length : 0
      if (known >= enoughKnownEvents || isTooOld(listed, state)) break
    }
    if (this.#ledger.interruptions() !== interruptions)
      throw new Error('The ledger was opened again during the recovery')
    await this.#ledger.markRecovered()
    this.#state = await this.#ledger.restoreState()
    this.#logger.info({ recovered }, 'The restored ledger has all usage events that Flowglad has')
  }
}

/**
 * Returns the events that the ledger has sent and can't have pruned. Leaves out events that the ledger can't
 * have booked, such as those of another program that copies the properties.
 */
function ownEvents(listed: ListedEvent[], state: RestoreState): OwnEvent[] {
  return listed.flatMap((event) => {
    const { properties } = event
    if (properties?.ledger !== state.ledger || isTooOld([event], state)) return []
    const { data: id = null } = operation.safeParse(properties.operation)
    const { procedure } = properties
    const parsed = ownEvent.safeParse({
      customer: properties.customer,
      attempt: event.transactionId,
      meter: properties.meter,
      subscription: event.subscriptionId,
      amount: event.amount,
      procedure,
      priceId: event.priceId ?? null,
      at: event.usageDate ?? event.createdAt,
      properties: id === null ? { procedure } : { procedure, operation: id },
      operation: id,
    })
    return parsed.success ? [parsed.data] : []
  })
}

/** Returns whether the ledger may have pruned the oldest of these events. The oldest event is last. */
function isTooOld(listed: ListedEvent[], { keepsEventsSince }: RestoreState): boolean {
  const oldest = listed.at(-1)?.createdAt
  return oldest === undefined || oldest < keepsEventsSince
}

/** The parts of `RestoredLedger` that calls use. */
export type RestoreCheck = Pick<RestoredLedger, 'isReady' | 'recognizesKeys' | 'ready'>
