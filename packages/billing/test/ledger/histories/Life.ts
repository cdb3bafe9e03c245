import { expect } from 'vitest'
import type {
  Answer,
  Command,
  Reserve,
  ReserveAnswer,
  Snapshot,
  UsageEvent,
} from '../../../src/ledger/commands.ts'
import type { CustomerBalances } from '../../../src/ledger/ledger.ts'
import { anInstall, aReserve, aSettle, aTakeLease, settleOf } from '../builders.ts'
import type { Call, Step } from './history.ts'
import { Model } from './model.ts'
import { meters, World } from './world.ts'

export interface Subject {
  run(commands: Command[]): Promise<Answer[]>
  balances(customer: string): Promise<CustomerBalances>
}

/** One customer living through a history: what the ledger answers, what the model says, and what is true at Flowglad. */
export class Life {
  readonly #customer: string
  readonly #subject: Subject
  readonly #model: Model
  readonly #world = new World()
  readonly #reserves: Reserve[] = []
  #minted = 0
  readonly #fetches: { token: string; ambiguous: UsageEvent[]; response: Snapshot | null }[] = []
  readonly #deliveries: {
    token: string
    fresh: UsageEvent[]
    inFlight: UsageEvent[]
    arrived: UsageEvent[]
  }[] = []
  /** Requests that nobody waits for any more; they may still arrive. */
  #strays: UsageEvent[] = []
  /** Counts changes at Flowglad other than our own events, and what the ledger has seen of them. */
  #changes = 0
  #changesSeen = -1
  #last: CustomerBalances = { version: 0, snapshot: null, balances: [] }

  constructor(customer: string, subject: Subject, now: number) {
    this.#customer = customer
    this.#subject = subject
    this.#model = new Model(now)
    this.#world.subscribe(now, 20, [])
  }

  set now(now: number) {
    this.#model.now = now
  }

  async live(step: Step): Promise<void> {
    switch (step.type) {
      case 'advance':
        return
      case 'calls': {
        await this.#execute(step.calls.flatMap((call) => this.#command(call)))
        return
      }
      case 'fetchAtOnce': {
        const lease = aTakeLease({ customer: this.#customer, token: this.#mint('f') })
        const [taken] = await this.#execute([lease])
        if (taken?.state === 'taken') await this.#install(lease.token, this.#world.billing(), this.#changes)
        return
      }
      case 'fetchTake': {
        const { leaseMs } = step
        const lease = aTakeLease({ customer: this.#customer, token: this.#mint('f'), leaseMs })
        const [taken] = await this.#execute([lease])
        if (taken?.state !== 'taken') return
        this.#fetches[step.slot] = { token: lease.token, ambiguous: taken.ambiguous, response: null }
        return
      }
      case 'fetchResend': {
        const fetch = this.#fetches[step.slot]
        if (!fetch || !(await this.#extend(fetch.token, 'fetch'))) return
        for (const event of fetch.ambiguous) this.#world.record(event)
        await this.#acknowledge(fetch.ambiguous)
        return
      }
      case 'fetchGet': {
        const fetch = this.#fetches[step.slot]
        if (!fetch || !(await this.#extend(fetch.token, 'fetch'))) return
        fetch.response = this.#world.billing()
        this.#changesAt.set(fetch.token, this.#changes)
        return
      }
      case 'fetchInstall': {
        const fetch = this.#fetches[step.slot]
        if (!fetch?.response) return
        await this.#install(fetch.token, fetch.response, this.#changesAt.get(fetch.token) ?? -1)
        return
      }
      case 'deliverTake': {
        const { maxEvents, leaseMs } = step
        const lease = aTakeLease({
          customer: this.#customer,
          token: this.#mint('d'),
          purpose: 'deliver',
          maxEvents,
          leaseMs,
        })
        const [taken] = await this.#execute([lease])
        if (taken?.state !== 'taken') return
        const before = this.#deliveries[step.slot]
        if (before) this.#strays.push(...before.inFlight)
        this.#deliveries[step.slot] = {
          token: lease.token,
          fresh: taken.events,
          inFlight: [...taken.ambiguous, ...taken.events],
          arrived: [],
        }
        return
      }
      case 'deliverArrive': {
        const delivery = this.#deliveries[step.slot]
        if (!delivery) return
        const arriving = delivery.inFlight.splice(0, step.every ? delivery.inFlight.length : 1)
        for (const event of arriving) this.#world.record(event)
        delivery.arrived.push(...arriving)
        return
      }
      case 'deliverAcknowledge': {
        const delivery = this.#deliveries[step.slot]
        if (delivery) await this.#acknowledge(delivery.arrived.splice(0))
        return
      }
      case 'deliverPark': {
        const delivery = this.#deliveries[step.slot]
        if (delivery?.token !== this.#model.lease?.token || !delivery) return
        const parked = delivery.inFlight.splice(0).filter((event) => !this.#isRecorded(event))
        // What Flowglad refuses it refuses from everybody.
        const ids = new Set(parked.map((event) => `${event.attempt}/${event.meter}`))
        const others = (events: UsageEvent[]) => events.filter((it) => !ids.has(`${it.attempt}/${it.meter}`))
        this.#strays = others(this.#strays)
        for (const other of this.#deliveries) if (other) other.inFlight = others(other.inFlight)
        for (const fetch of this.#fetches) if (fetch) fetch.ambiguous = others(fetch.ambiguous)
        const events = parked.map(({ attempt, meter }) => ({
          attempt,
          meter,
          reason: 'no',
          retryInMs: 600_000,
        }))
        await this.#execute([{ type: 'park', customer: this.#customer, events }])
        return
      }
      case 'deliverExtend': {
        const delivery = this.#deliveries[step.slot]
        if (!delivery) return
        const { token } = delivery
        const customer = this.#customer
        await this.#execute([aTakeLease({ customer, token, purpose: 'deliver', maxEvents: 0, extend: true })])
        return
      }
      case 'deliverLeave': {
        const delivery = this.#deliveries[step.slot]
        if (!delivery) return
        // What nobody sent, or Flowglad refused to take from us, never arrives; what was sent before we came still may.
        const isUntaken = (event: UsageEvent) => step.untaken && delivery.fresh.includes(event)
        const untaken = delivery.inFlight.filter(isUntaken)
        delivery.inFlight = delivery.inFlight.filter((event) => !isUntaken(event))
        const { token } = delivery
        await this.#execute([
          { type: 'leaveLease', customer: this.#customer, token, untaken: untaken.map(idOf) },
        ])
        return
      }
      case 'strayArrives': {
        for (const event of this.#strays.splice(0)) this.#world.record(event)
        return
      }
      case 'drop': {
        const parked = [...this.#model.events.values()]
          .filter((event) => event.state === 'parked')
          .slice(0, 1)
        const events = parked.map(({ attempt, meter }) => ({ attempt, meter }))
        await this.#execute([{ type: 'drop', customer: this.#customer, events }])
        return
      }
      case 'topUp':
        return this.#change(() => this.#world.topUp(step.meter, step.amount))
      case 'subscribe': {
        const { granted, unlimited } = step
        return this.#change(() => this.#world.subscribe(this.#model.now, granted, unlimited ? ['all'] : []))
      }
      case 'features':
        return this.#change(() => this.#world.setFeatures(step.unlimited ? ['all'] : []))
      case 'unsubscribe':
        return this.#change(() => this.#world.unsubscribe())
      case 'renew':
        return this.#change(() => this.#world.renew(this.#model.now))
      default:
        return step satisfies never
    }
  }

  readonly #changesAt = new Map<string, number>()

  #change(change: () => void): void {
    this.#changes += 1
    change()
  }

  #mint(kind: string): string {
    this.#minted += 1
    return `${kind}${String(this.#minted).padStart(6, '0')}`
  }

  #isKnown(attempt: string): boolean {
    return this.#model.holds.has(attempt) || this.#model.expired.has(attempt)
  }

  #isRecorded(event: UsageEvent): boolean {
    return this.#world.recorded.has(`${event.attempt}/${event.meter}`)
  }

  async #extend(token: string, purpose: 'fetch' | 'deliver'): Promise<boolean> {
    // Whoever lost the lease stops.
    if (this.#model.lease?.token !== token) return false
    const [taken] = await this.#execute([aTakeLease({ customer: this.#customer, token, purpose })])
    return taken?.state === 'taken'
  }

  async #install(token: string, snapshot: Snapshot, changes: number): Promise<void> {
    const unlimitedBy = { pictures: 'all' }
    const install = anInstall({ customer: this.#customer, token, snapshot, unlimitedBy })
    const alreadyInstalled = this.#model.installedToken === token
    const [installed] = await this.#execute([install])
    if (installed?.state === 'installed' && !alreadyInstalled) this.#changesSeen = changes
  }

  async #acknowledge(events: UsageEvent[]): Promise<void> {
    const ids = events.map(({ attempt, meter }) => ({ attempt, meter, priceId: null }))
    // Twice: an answer may come to two workers, or a batch be run again.
    await this.#execute([{ type: 'acknowledge', customer: this.#customer, events: [...ids, ...ids] }])
  }

  #command(call: Call): Command[] {
    const customer = this.#customer
    if (call.type === 'reserve') {
      const { legs, key, fingerprint, ttlMs, maxHoldMs, decisive } = call
      const reserve = aReserve({
        customer,
        attempt: this.#mint('a'),
        key,
        fingerprint: key === null ? null : fingerprint.repeat(64),
        legs: legs.map(({ meter, amount, liftable, onExpiry }) => ({
          meter,
          amount,
          // `tokens` is lifted as overage: never limited while the feature is on, never forgiven after.
          unlimitedBy: liftable && meter === 'pictures' ? 'all' : null,
          overageWith: liftable && meter === 'tokens' ? 'all' : null,
          onExpiry: onExpiry === 'settle' ? 'settle' : 'release',
          price: { usageMeterSlug: meter },
        })),
        ttlMs,
        maxHoldMs,
        decisive,
        snapshotMaxStaleMs: 7_200_000,
      })
      this.#reserves.unshift(reserve)
      return [reserve]
    }
    if (call.type === 'expire') return [{ type: 'expire', customer }]
    if (call.type === 'settleUnknown') {
      const leg = { meter: 'tokens', amount: call.amount, price: { usageMeterSlug: 'tokens' }, flagged: null }
      const attempt = this.#mint('a')
      return [aSettle({ customer, attempt, subscription: 'sub_0', legs: [leg] })]
    }
    const reserve = this.#reserves[call.nth]
    if (!reserve) return []
    const { attempt } = reserve
    switch (call.type) {
      case 'reserveAgain': {
        // The batcher repeats a reserve only before its answer is known, so before anything else about the attempt.
        return this.#isKnown(attempt) ? [reserve] : []
      }
      case 'settle': {
        const held = this.#model.holds.get(attempt) ?? this.#model.expired.get(attempt)
        const subscription = held?.subscription ?? 'sub_0'
        const { amount, result } = call
        return [settleOf(reserve, { ...(amount === null ? {} : { amount }), result, subscription })]
      }
      case 'release':
        return [{ type: 'release', customer, attempt }]
      case 'renew':
        return [{ type: 'renew', customer, attempt, ttlMs: 1500 }]
      default:
        return call satisfies never
    }
  }

  /** Runs one batch on both, and holds the answers, the balances and the truth against each other. */
  async #execute(commands: Command[]): Promise<Answer[]> {
    if (commands.length === 0) return []
    const expected = commands.map((command) => {
      const repeated = command.type === 'reserve' && this.#isKnown(command.attempt)
      const answer = this.#model.answer(command)
      if (command.type === 'reserve' && !repeated) this.#checkTruth(command, answer)
      return answer
    })
    const answers = await this.#subject.run(commands)
    expect(answers.map(sorted)).toEqual(expected.map(sorted))
    const balances = await this.#subject.balances(this.#customer)
    expect(balances.balances).toEqual(this.#model.balances())
    expect(balances.version).toBeGreaterThanOrEqual(this.#last.version)
    if (balances.version === this.#last.version) expect(balances.balances).toEqual(this.#last.balances)
    this.#last = balances
    return answers
  }

  /** Of the model and so of the ledger, whose answers are the same: never oversold, never falsely refused. */
  #checkTruth(command: Reserve, answer: Answer): void {
    if (!isReserveAnswer(answer)) return
    for (const meter of meters) {
      const leg = command.legs.find((it) => it.meter === meter)
      if (!leg || leg.unlimitedBy !== null || leg.overageWith !== null) continue
      if (answer.state === 'held' && !answer.periodOver && this.#model.holds.has(command.attempt)) {
        // What was forgiven after an unlimited time is a gift of ours, not of Flowglad's.
        const { waived } = this.#model.account(answer.subscription, meter)
        expect(this.#left(answer.subscription, meter) + waived, 'oversold').toBeGreaterThanOrEqual(0)
      }
      if (answer.state === 'short' && this.#changesSeen === this.#changes) {
        const short = answer.legs.find((it) => it.meter === meter)
        const subscription = this.#model.snapshot?.subscription?.id
        if (!short || subscription === undefined || short.available + short.ambiguous >= short.required)
          continue
        const dropped = this.#model
          .booked(subscription, meter)
          .filter((event) => event.state === 'dropped')
          .reduce((units, event) => units + event.amount, 0)
        const left = this.#left(subscription, meter) - dropped
        const waived = this.#model.accounts.get(`${subscription}/${meter}`)?.waived ?? 0
        expect(left + waived, 'falsely refused').toBeLessThan(short.required)
      }
    }
  }

  /** Credits without everything spent, delivered or not, and everything held. Dropped events are given up. */
  #left(subscription: string, meter: (typeof meters)[number]): number {
    const credits = this.#world.subscriptions.find((it) => it.id === subscription)?.credits[meter] ?? 0
    const spent = this.#model.booked(subscription, meter).filter((event) => event.state !== 'dropped')
    return (
      credits -
      spent.reduce((units, event) => units + event.amount, 0) -
      this.#model.held(subscription, meter)
    )
  }
}

const idOf = ({ attempt, meter }: UsageEvent) => ({ attempt, meter })

const isReserveAnswer = (answer: Answer): answer is ReserveAnswer =>
  answer.state === 'held' || answer.state === 'short'

/** Events in an order of their own: which of them were ambiguous matters, not in what order. */
const sorted = (answer: Answer): Answer =>
  answer.state === 'taken'
    ? {
        ...answer,
        ambiguous: answer.ambiguous.toSorted((a, b) => (a.attempt + a.meter < b.attempt + b.meter ? -1 : 1)),
      }
    : answer
