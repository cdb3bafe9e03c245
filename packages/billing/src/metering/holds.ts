import { type Clock, sleep, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import { traced } from '../config/tracing.ts'
import type { Customer } from '../contract/customer.ts'
import { BillingError, unavailable, unconfirmed } from '../contract/errors.ts'
import type { MeterPolicy, Meters } from '../contract/meters.ts'
import type { FetchOutcome, Sync } from '../flowglad/sync.ts'
import type { AnswerOf, EventPrice, Leg, Release, ReserveAnswer, Settle } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isInvalidCommand, onLedger } from '../ledger/onLedger.ts'
import { attemptId } from './attemptId.ts'
import { keyError, shortage } from './denyReserve.ts'

export interface HoldRequest {
  customer: Customer
  /** What is metered, as charges show it: the procedure's path, or your own name for plain work. */
  procedure: string
  /** Names the operation over retries; null: each call is new work. */
  key: string | null
  /** Of the raw input; null exactly when `key` is. */
  fingerprint: string | null
  /** At least one, each at least 1 unit. */
  legs: { meter: string; amount: number }[]
}

export interface Charge {
  amounts: { meter: string; amount: number; flagged: string | null }[]
  /** JSON, kept for retries under the key. */
  result: string | null
  reference: string | null
  properties: Record<string, string | number | boolean>
}

/** Units set aside for work that may run now. Ends once: by `settle`, by `release`, or by nobody, and then it expires. */
export interface Hold {
  attempt: string
  /** Where its usage goes, whatever the customer subscribes to meanwhile. */
  subscription: string
  /** Keeps the hold alive until it ends or reaches its maximum. */
  startRenewing(): void
  /** Until `startRenewing` is called again. */
  stopRenewing(): void
  /**
   * Books the charge and returns when it is durable. `completed`: another attempt under the same key was first; this one costs nothing, its result is
   * the other's. Rejects with BILLING_UNAVAILABLE (`chargeUnconfirmed`) when that takes too long; the booking goes on behind until shutdown.
   */
  settle(charge: Charge): Promise<{ state: 'settled' } | { state: 'completed'; result: string | null }>
  release(): Promise<void>
}

export type Reserved = { state: 'held'; hold: Hold } | { state: 'completed'; result: string | null }

export type Holds = ReturnType<typeof createHolds>

/** Reserve before work, settle or release after it: the one way units are spent, whoever asks. */
export function createHolds({
  ledger,
  sync,
  meters,
  clock,
  options,
  upgradeUrl,
  logger,
}: {
  ledger: Ledger
  sync: Sync
  meters: Meters
  clock: Clock
  options: BillingOptions
  upgradeUrl: string
  logger: Logger
}) {
  const open = new Set<() => void>()
  /** Calls that are being decided, and how work ended as long as the ledger does not have it: `close` waits for both. */
  const pending = new Set<Promise<unknown>>()
  const shutdown = new AbortController()
  let closing = false

  const reserve = (request: HoldRequest) => {
    if (closing) return Promise.reject(unavailable(1_000))
    return keepOpenFor(
      traced(
        'billing.reserve',
        { 'billing.procedure': request.procedure, 'billing.meters': request.legs.map(({ meter }) => meter) },
        () => decide(request),
      ),
    )
  }

  async function decide(request: HoldRequest): Promise<Reserved> {
    const attempt = attemptId(clock.now())

    let answer = await reserveOnce(request, attempt, false)
    let fetched = true
    let looked = false
    const decideBy = clock.now() + options.decisionMs
    const look = (outcome: Promise<FetchOutcome>) =>
      within(clock, Math.max(0, decideBy - clock.now()), outcome, null)
    if (answer.state === 'needsSnapshot' && answer.reason !== 'periodOver') {
      const underWay = sync.underWay(request.customer.id)
      if (underWay) {
        await look(underWay)
        answer = await reserveOnce(request, attempt, false)
      }
    }
    if (answer.state === 'needsSnapshot' && answer.reason === 'periodOver') {
      const outcome = await sync.fetchNewPeriod(request.customer)
      fetched = outcome?.state === 'installed'
      looked = outcome?.state !== 'throttled'
      answer = await reserveOnce(request, attempt, true)
    }
    const refused =
      answer.state === 'short' || answer.state === 'noSubscription' || answer.state === 'needsSnapshot'
    if (refused && !looked) {
      // No denial on old news: look at Flowglad's books as they are after this call came, then decide for good.
      const outcome = await look(sync.fetch(request.customer, { urgent: true, forced: false }))
      fetched = outcome?.state === 'installed'
      answer = await reserveOnce(request, attempt, true)
    }
    switch (answer.state) {
      case 'held':
        if (answer.periodOver || answer.snapshotAgeMs > jittered(options.snapshotMaxAgeMs)) {
          sync.refreshBehind(request.customer)
        } else if (fetched) {
          sync.isFresh(request.customer.id)
        }
        return { state: 'held', hold: await begin(hold(request, attempt, answer)) }
      case 'completed':
        return answer
      case 'inProgress':
      case 'keyReused':
        throw keyError(answer, request.key ?? '')
      case 'short':
        throw shortage(answer.legs, answer.asOf, upgradeUrl)
      case 'noSubscription':
        throw new BillingError({ code: 'NO_SUBSCRIPTION', upgradeUrl }, 'There is no current subscription.')
      case 'needsSnapshot':
        throw unavailable(1_000)
      default:
        throw new Error(`The ledger gave an unknown answer: ${JSON.stringify(answer satisfies never)}`)
    }
  }

  /** Decided after the grace period, its charge would come too late: it does not begin. */
  async function begin(held: Hold): Promise<Hold> {
    if (!shutdown.signal.aborted) return held
    await held.release()
    throw unavailable(1_000)
  }

  async function reserveOnce(
    request: HoldRequest,
    attempt: string,
    decisive: boolean,
  ): Promise<ReserveAnswer> {
    const { customer, procedure, key, fingerprint } = request
    const policies = request.legs.map(({ meter }) => policyOf(meter))
    return onLedger(
      ledger.execute({
        type: 'reserve',
        customer: customer.id,
        attempt,
        procedure,
        key,
        fingerprint,
        legs: request.legs.map(({ meter, amount }): Leg => {
          const policy = policyOf(meter)
          return {
            meter,
            amount,
            unlimitedBy: policy.unlimitedBy ?? null,
            overageWith: policy.overage?.withFeature ?? null,
            onExpiry: policy.onExpiry ?? 'release',
            price: priceOf(meter, policy),
          }
        }),
        ttlMs: Math.min(...policies.map(({ holdTtlMs }) => holdTtlMs ?? options.holdTtlMs)),
        maxHoldMs: Math.min(...policies.map(({ maxHoldMs }) => maxHoldMs ?? options.maxHoldMs)),
        snapshotMaxStaleMs: options.snapshotMaxStaleMs,
        decisive,
      }),
    )
  }

  function policyOf(meter: string): MeterPolicy {
    const policy = Object.hasOwn(meters, meter) ? meters[meter] : undefined
    if (!policy) throw new TypeError(`There is no meter "${meter}": name it in defineMeters`)
    return policy
  }

  function hold(
    request: HoldRequest,
    attempt: string,
    held: Extract<ReserveAnswer, { state: 'held' }>,
  ): Hold {
    const customer = request.customer.id
    const ttlMs = Math.min(...request.legs.map(({ meter }) => policyOf(meter).holdTtlMs ?? options.holdTtlMs))
    let ended = false
    let cancelRenewal = () => {}

    const renewIn = (ms: number, remainingMs: number) => {
      let cancelled = false
      const cancelTimer = clock.after(ms, () => {
        ledger.execute({ type: 'renew', customer, attempt, ttlMs }).then(
          (answer) => {
            if (!cancelled && answer.state === 'renewed')
              renewIn(answer.expiresInMs / 2, answer.expiresInMs / 2)
          },
          () => {
            // What is left of the hold's time is for trying again.
            const leftMs = remainingMs - Math.max(50, remainingMs / 8)
            if (!cancelled && leftMs > 0) renewIn(Math.max(50, remainingMs / 8), leftMs)
          },
        )
      })
      // Also one whose answer is still to come: nothing follows it.
      cancelRenewal = () => {
        cancelled = true
        cancelTimer()
      }
    }
    const end = () => {
      ended = true
      cancelRenewal()
      open.delete(end)
    }
    open.add(end)

    return {
      attempt,
      subscription: held.subscription,
      startRenewing() {
        cancelRenewal()
        if (!ended) renewIn(held.expiresInMs / 2, held.expiresInMs / 2)
      },
      stopRenewing: () => cancelRenewal(),
      async settle(charge) {
        const command: Settle = {
          type: 'settle',
          customer,
          attempt,
          subscription: held.subscription,
          procedure: request.procedure,
          key: request.key,
          fingerprint: request.fingerprint,
          legs: charge.amounts.map((leg) => ({ ...leg, price: priceOf(leg.meter, policyOf(leg.meter)) })),
          result: charge.result,
          reference: charge.reference,
          properties: { ...charge.properties, procedure: request.procedure },
        }
        const settling = traced('billing.settle', { 'billing.procedure': request.procedure }, () =>
          settleUntilShutdown(command),
        ).finally(end)
        keepOpenFor(settling)
        const answer = await within(clock, options.settleAnswerMs, settling, null)
        if (!answer) throw unconfirmed(5_000)
        return answer
      },
      async release() {
        if (ended) return
        end()
        // Nobody waits long for it; but without it the hold expires, and on some meters that is a charge.
        const releasing = untilDurable({ type: 'release', customer, attempt }).catch((error: unknown) =>
          logger.warn({ customer, attempt, error: String(error) }, 'release failed: the hold will expire'),
        )
        keepOpenFor(releasing)
        await within(clock, 2_000, releasing, undefined)
      },
    }
  }

  function keepOpenFor<T>(work: Promise<T>): Promise<T> {
    const done = () => void pending.delete(work)
    pending.add(work)
    work.then(done, done)
    return work
  }

  /** The work was done, so its charge is tried until it is durable or the process ends. */
  async function settleUntilShutdown(command: Settle) {
    try {
      return await untilDurable(command)
    } catch (error) {
      if (!isInvalidCommand(error)) throw unconfirmed(5_000, error)
      // The ledger refused the extras; the charge itself must not go down with them.
      if (command.result || command.reference) {
        return settleUntilShutdown({ ...command, result: null, reference: null, properties: {} })
      }
      throw unavailable(5_000, error)
    }
  }

  /** How work ended must reach the ledger: tried until shutdown, unless the command itself is wrong. */
  async function untilDurable<C extends Settle | Release>(command: C): Promise<AnswerOf[C['type']]> {
    for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      try {
        return await ledger.execute(command)
      } catch (error) {
        const { type, customer, attempt } = command
        logger.error({ customer, attempt, error: String(error) }, `${type} failed`)
        if (isInvalidCommand(error) || shutdown.signal.aborted) throw error
      }
      await sleep(clock, pauseMs, shutdown.signal)
    }
  }

  return {
    reserve,
    inFlight: () => open.size,
    /** Takes no new work, waits for what runs, at most `graceMs`; what is left then is left to expire. */
    async close(graceMs: number) {
      closing = true
      const patience = clock.now() + graceMs
      while ((open.size > 0 || pending.size > 0) && clock.now() < patience) await sleep(clock, 20)
      if (open.size > 0) logger.warn({ holds: open.size }, 'work still runs at the end of the grace period')
      shutdown.abort()
      await Promise.allSettled(pending)
      for (const end of open) end()
    },
  }
}

const priceOf = (meter: string, { priceSlug }: MeterPolicy): EventPrice =>
  priceSlug === undefined ? { usageMeterSlug: meter } : { priceSlug }

const jittered = (ms: number) => ms * (0.8 + Math.random() * 0.4)
