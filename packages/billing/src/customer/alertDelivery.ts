import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { CustomerAlert } from '../contract/alerts.ts'
import type { Command } from '../ledger/commands.ts'
import { alertOf } from '../ledger/core/alertOf.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { DueAlert } from '../ledger/reads.ts'
import { isOutage } from '../ledger/reportOutages.ts'

/** The maximum number of concurrent `onAlert` calls in this process. */
const atOnce = 10
/** How long to wait for `onAlert`. After this time, another process can deliver the alert. */
const deadlineMs = 30_000

/** The commands that can raise alerts. */
const raising: ReadonlySet<Command['type']> = new Set([
  'settle',
  'expire',
  'install',
  'recover',
  'operate',
  'setBudget',
])

interface Parts {
  ledger: Pick<Ledger, 'alertsToDeliver' | 'takeAlert' | 'finishAlert' | 'onCommit'>
  /** Undefined if the app doesn't receive alerts. */
  onAlert: ((alert: CustomerAlert) => unknown) | undefined
  clock: Clock
  options: Pick<BillingOptions, 'deliverAfterMs' | 'deliverEveryMs' | 'shutdownGraceMs'>
  logger: Logger
}

/**
 * Passes alerts to the app's `onAlert`, each at least once. Records when `onAlert` has handled an alert. An alert is
 * delivered again, on any node, if `onAlert` fails or takes too long, or if the process dies.
 */
export class AlertDelivery {
  readonly #parts: Parts
  /** For each running `onAlert`, a function that stops waiting for it. */
  readonly #giveUp = new Set<() => void>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Delivers alerts until `stopping` aborts. Pauses don't keep the process running. */
  async run(stopping: AbortSignal): Promise<void> {
    const { ledger, onAlert, clock, options } = this.#parts
    if (!onAlert) return
    let pause = new AbortController()
    const endPause = () => pause.abort()
    const stop = () => {
      endPause()
      const endGrace = () => {
        for (const giveUp of this.#giveUp) giveUp()
      }
      clock.after(options.shutdownGraceMs, endGrace, { keepAlive: false })
    }
    const stopListening = ledger.onCommit(({ type }) => raising.has(type) && endPause())
    stopping.addEventListener('abort', stop)
    try {
      while (!stopping.aborted) {
        // A commit during the read ends the next pause.
        pause = new AbortController()
        if ((await this.#deliverDue(onAlert)) && !stopping.aborted) continue
        await sleep(clock, options.deliverAfterMs, stopping, { keepAlive: false })
        if (!stopping.aborted) await sleep(clock, options.deliverEveryMs, pause.signal, { keepAlive: false })
      }
    } finally {
      stopListening()
      stopping.removeEventListener('abort', stop)
    }
  }

  /** Delivers all alerts that are due now. */
  async drain(): Promise<void> {
    const { onAlert } = this.#parts
    while (onAlert && (await this.#deliverDue(onAlert)));
  }

  /** Delivers some due alerts. Returns whether more alerts might be due. */
  async #deliverDue(onAlert: NonNullable<Parts['onAlert']>): Promise<boolean> {
    const { ledger, logger } = this.#parts
    try {
      const due = await ledger.alertsToDeliver(atOnce)
      await Promise.all(due.map((alert) => this.#deliver(alert, onAlert)))
      return due.length === atOnce
    } catch (error) {
      if (!isOutage(error))
        logger.error({ error: String(error) }, 'delivering alerts failed and will be retried')
      return false
    }
  }

  async #deliver(alert: DueAlert, onAlert: NonNullable<Parts['onAlert']>) {
    const { ledger, logger } = this.#parts
    const { customer, id } = alert
    if (!(await ledger.takeAlert(alert))) return
    try {
      const handling = (async () => onAlert(alertOf(alert)))().then(() => true)
      if (await this.#inTime(handling)) await ledger.finishAlert(alert)
      else logger.warn({ customer, alert: id }, 'onAlert takes too long, so it will be called again')
    } catch (error) {
      if (isOutage(error)) throw error
      logger.warn(
        { customer, alert: id, error: String(error) },
        'onAlert failed and will be called again with the same alert',
      )
    }
  }

  /** Resolves to false if the work takes longer than the deadline, or than the grace period of a shutdown. */
  #inTime(work: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(false)
      const cancel = this.#parts.clock.after(deadlineMs, giveUp, { keepAlive: false })
      this.#giveUp.add(giveUp)
      work.then(resolve, reject).finally(() => {
        cancel()
        this.#giveUp.delete(giveUp)
      })
    })
  }
}
