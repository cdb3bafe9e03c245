import { type Clock, sleep, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import { count } from '../config/metrics.ts'
import type { BillingOptions } from '../config/options.ts'
import { traced } from '../config/tracing.ts'
import { type StreamStop, unavailable, unconfirmed } from '../contract/errors.ts'
import type { Meters } from '../contract/meters.ts'
import type { RestoreCheck } from '../flowglad/restoredLedger.ts'
import type { AnswerOf } from '../ledger/answers.ts'
import type { Label, Release, Settle } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isInvalidCommand } from '../ledger/onLedger.ts'
import { isOutage } from '../ledger/reportOutages.ts'
import { lifetimeOf, priceOf } from './policy.ts'
import { type Counted, renewHold } from './renewHold.ts'
import type { Settlement } from './settlement.ts'
import type { WorkInFlight } from './workInFlight.ts'

export interface HoldServices {
  ledger: Pick<Ledger, 'execute' | 'interruptions'>
  clock: Clock
  meters: Meters
  options: BillingOptions
  logger: Logger
  inFlight: WorkInFlight
  restored: RestoreCheck
}

/** A reservation that the ledger has granted. */
interface Granted {
  customer: string
  attempt: string
  /** The subscription to charge, even if the customer later gets another subscription. */
  subscription: string
  procedure: string
  key: string | null
  fingerprint: string | null
  /** The keyed operation's ID. Undefined without a key. */
  operation: string | undefined
  legs: { meter: string; amount: number; labels?: Label[] | undefined }[]
  expiresInMs: number
}

/**
 * The units reserved for one attempt. A hold ends exactly once: by `settle`, by `release`, or by expiry if it
 * is no longer renewed. `settle` and `release` are retried until they are durable or the process stops.
 */
export class Hold {
  readonly attempt: string
  readonly subscription: string
  readonly #services: HoldServices
  readonly #granted: Granted
  #ended = false
  #stopRenewing = nothing
  /** True after `stopRenewing`. If true, the next call to `startRenewing` renews the hold immediately. */
  #paused = false
  #onStop: (why: StreamStop) => void = nothing
  #readCount: (() => Counted) | null = null

  constructor(services: HoldServices, granted: Granted) {
    this.attempt = granted.attempt
    this.subscription = granted.subscription
    this.#services = services
    this.#granted = granted
    services.inFlight.add(this)
  }

  /**
   * Renews the hold until it ends or reaches its maximum lifetime. If `readCount` is given, also stores the
   * units that it returns, and renews the hold even beyond its maximum lifetime. If the process dies, the
   * hold expires, and the stored units are charged.
   */
  startRenewing(readCount: (() => Counted) | null = null): void {
    this.#stopRenewing()
    if (this.#ended) return
    this.#readCount = readCount
    this.#services.inFlight.add(this)
    const { customer, attempt } = this.#granted
    const ttlMs = this.#ttlMs()
    const { countEveryMs } = this.#services.options
    const expiresInMs = this.#paused ? 0 : this.#granted.expiresInMs
    this.#paused = false
    const onUncharged = () => this.stop('expired')
    const renewal = { customer, attempt, ttlMs, expiresInMs, readCount, countEveryMs, onUncharged }
    this.#stopRenewing = renewHold(this.#services, renewal)
    if (this.#services.inFlight.streamsStopped) this.stop('shutdown')
  }

  /**
   * Stops renewing the hold until `startRenewing` is called again, and stores the units counted so far. Once
   * the hold's expiry time has passed, shutdown no longer waits for the hold.
   */
  stopRenewing(): void {
    this.#stopRenewing()
    if (this.#ended) return
    this.#paused = true
    const { clock, inFlight } = this.#services
    const counted = this.#readCount?.() ?? []
    if (counted.length > 0) void inFlight.track(this.#storeCount(counted))
    this.#stopRenewing = clock.after(this.#granted.expiresInMs, () => inFlight.remove(this))
  }

  /**
   * Calls `run` when the stream has to end early, or immediately if the process has already stopped its
   * streams.
   */
  onStop(run: (why: StreamStop) => void): void {
    this.#onStop = run
    if (this.#services.inFlight.streamsStopped) run('shutdown')
  }

  /** Ends the hold's stream. Has no effect if the work hasn't returned a stream. */
  stop(why: StreamStop): void {
    this.#onStop(why)
  }

  /**
   * Charges the actual amounts. Resolves when the charge is durable. If another attempt under the same key
   * settled first, returns `completed` with that attempt's result, and this attempt costs nothing. If the
   * ledger takes longer than `settleAnswerMs`, rejects with `BILLING_UNAVAILABLE` (`chargeUnconfirmed`), and
   * retries the settle in the background until shutdown.
   */
  async settle({ amounts, result, reference }: Settlement): Promise<AnswerOf['settle']> {
    const { clock, options, inFlight, meters } = this.#services
    const { customer, attempt, subscription, procedure, key, fingerprint, operation, legs } = this.#granted
    const labels = new Map(legs.map((leg) => [leg.meter, leg.labels]))
    const command: Settle = {
      type: 'settle',
      customer,
      attempt,
      subscription,
      procedure,
      key,
      fingerprint,
      legs: amounts.map(({ meter, amount, flagged }) => ({
        meter,
        amount,
        price: priceOf(meters, meter),
        flagged,
        ...(labels.get(meter)?.length ? { labels: labels.get(meter) } : {}),
      })),
      result,
      reference,
      properties: operation === undefined ? { procedure } : { procedure, operation },
      ...(this.#services.restored.recognizesKeys && operation !== undefined
        ? { recoverable: operation }
        : {}),
    }
    const settling = inFlight.track(
      traced(
        'billing.settle',
        () => ({ 'billing.procedure': procedure }),
        () => this.#settle(command),
      ),
    )
    const answer = await within(clock, options.settleAnswerMs, settling, null)
    if (!answer) throw unconfirmed(5_000)
    return answer
  }

  /**
   * Returns the units to the customer. Waits up to two seconds for the ledger, then continues in the
   * background.
   */
  async release(): Promise<void> {
    if (this.#ended) return
    this.abandon()
    const { clock, logger, inFlight } = this.#services
    const { customer, attempt } = this.#granted
    const releasing = this.#untilDurable({ type: 'release', customer, attempt }).catch((error: unknown) =>
      // If the release fails, the hold expires. On meters with `onExpiry: 'settle'`, expiry charges the held
      // units.
      logger.warn({ customer, attempt, error: String(error) }, 'release failed: the hold will expire'),
    )
    inFlight.track(releasing)
    await within(clock, 2_000, releasing, undefined)
  }

  /** Stops renewing and tracking the hold. If neither `settle` nor `release` follows, the hold expires. */
  abandon(): void {
    this.#ended = true
    this.#stopRenewing()
    this.#services.inFlight.remove(this)
  }

  #ttlMs() {
    const { meters, options } = this.#services
    return lifetimeOf(meters, this.#granted.legs, options).ttlMs
  }

  /** Stores the counted units. If the ledger is unavailable, the last stored count remains. */
  async #storeCount(counted: Counted): Promise<void> {
    const { customer, attempt } = this.#granted
    const renew = { type: 'renew', customer, attempt, ttlMs: this.#ttlMs(), counted } as const
    await this.#services.ledger.execute(renew).catch(() => {})
  }

  async #settle(command: Settle): Promise<AnswerOf['settle']> {
    try {
      const answer = await this.#untilDurable(command)
      if (answer.state === 'settled') this.#report(command, answer.isLate ?? false)
      return answer
    } catch (error) {
      if (!isInvalidCommand(error)) throw unconfirmed(5_000, error)
      // The result, reference or properties may be invalid, so store the charge without them.
      if (command.result || command.reference) {
        return await this.#settle({ ...command, result: null, reference: null, properties: {} })
      }
      throw unavailable(5_000, error)
    } finally {
      this.abandon()
    }
  }

  #report({ customer, procedure, attempt, legs }: Settle, isLate: boolean): void {
    const { logger } = this.#services
    const units = legs.map(({ meter, amount }) => `${amount} ${meter}`).join(', ')
    const charge = { customer, procedure, attempt, units }
    if (!isLate) {
      logger.info(charge, 'charged')
      return
    }
    count('lateSettles')
    logger.warn(
      charge,
      'a charge was booked after its hold had expired. The customer may have exceeded the balance',
    )
  }

  async #untilDurable<C extends Settle | Release>(command: C): Promise<AnswerOf[C['type']]> {
    const { ledger, clock, logger, inFlight } = this.#services
    for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      try {
        return await ledger.execute(command)
      } catch (error) {
        const { type, customer, attempt } = command
        if (!isOutage(error)) logger.error({ customer, attempt, error: String(error) }, `${type} failed`)
        if (isInvalidCommand(error) || inFlight.graceEnded.aborted) throw error
      }
      await sleep(clock, pauseMs, inFlight.graceEnded)
    }
  }
}

const nothing = () => {}
