import type { FindResultAnswer, KeepResultAnswer, RenewAnswer } from '../../../src/ledger/answers.ts'
import type {
  EventPrice,
  FindResult,
  KeepResult,
  Label,
  Leg,
  Renew,
  Snapshot,
} from '../../../src/ledger/commands.ts'
import type { Balance } from '../../../src/ledger/reads.ts'
import { ModelBudgets, type ModelWindow } from './ModelBudgets.ts'

export interface ModelHold {
  attempt: string
  subscription: string
  startedAt: number
  expiresAt: number
  maxHoldMs: number
  /** `own` contains the labels under whose values the leg's units count. */
  legs: (Leg & { lifted: boolean; own: Label[] })[]
  /** Whether the running work is a stream, which counts its units. */
  isStream: boolean
  /** The units that the running work has counted, by meter. */
  counted: Map<string, number>
  /** The time until which the work counts as running. The reserve and each renewal set this time. */
  liveUntil: number
  /** The budget windows that the hold counts against. */
  windows: Set<ModelWindow>
  /** True once the hold has reached its maximum lifetime and its units have been returned to the customer. */
  returned: boolean
}

export interface ModelEvent {
  attempt: string
  meter: string
  subscription: string
  amount: number
  price: EventPrice
  at: number
  /** The labels under whose values the event's units count. */
  labels: Label[]
  state: 'waiting' | 'sent' | 'acked' | 'parked' | 'dropped'
  wasParked: boolean
  retryAt: number
  parkedAt: number
  /** True once the event has been dropped and an install under a later lease has lowered `booked`. */
  forgotten: boolean
}

interface ModelAccount {
  waived: number
  /** The part of `waived` that is due to spent credits from operators. */
  waivedCredits: number
  unlimited: boolean
  /** The events booked before the meter became unlimited. */
  bookedBefore: Set<string>
  /** Units that the customer owed when the period started or the meter became unlimited. */
  owed: number
  period: string | null
  limit: number
  usedAtFirstSight: number
  ackedAtFirstSight: number
  /** Units that operators have added in this period, minus those that they have subtracted. */
  adjusted: number
}

export const day = 24 * 3_600_000
export const id = (it: { attempt: string; meter: string }) => `${it.attempt}/${it.meter}`
export const sum = (amounts: Iterable<number>) => [...amounts].reduce((total, amount) => total + amount, 0)

/**
 * Returns the units that expiry books for a leg: the counted units, or what `onExpiry` specifies if none were
 * counted.
 */
export const unitsAtExpiry = ({ counted }: ModelHold, { meter, amount, onExpiry }: Leg) =>
  counted.get(meter) ?? (onExpiry === 'settle' ? amount : 0)

/** The model's state for one customer. Held and booked units are computed from the lists of holds and events. */
export class ModelState {
  now: number
  holds = new Map<string, ModelHold>()
  expired = new Map<string, ModelHold>()
  events = new Map<string, ModelEvent>()
  keys = new Map<
    string,
    { fingerprint: string | null; attempt: string; completed: boolean; result: string | null; until: number }
  >()
  accounts = new Map<string, ModelAccount>()
  readonly budgets = new ModelBudgets(this)
  /** The values of each meter's dimensions, in the order of their first use. */
  readonly values = new Map<string, string[]>()
  snapshot: (Snapshot & { at: number; acked: Set<string>; ambiguous: Set<string> }) | null = null
  periodCheckedFor: number | null = null
  installedToken: string | null = null
  lease: {
    token: string
    until: number
    at: number
    purpose: string
    acked: Set<string>
    ambiguous: Set<string>
    dropped: Set<string>
  } | null = null

  constructor(now: number) {
    this.now = now
  }

  /** Returns the events of a subscription's meter, except the forgotten events. */
  booked(subscription: string, meter: string): ModelEvent[] {
    return [...this.events.values()].filter(
      (event) => event.subscription === subscription && event.meter === meter && !event.forgotten,
    )
  }

  /** Returns the units held on a subscription's meter. */
  held(subscription: string, meter: string): number {
    const holds = [...this.holds.values()].filter(
      (hold) => hold.subscription === subscription && !hold.returned,
    )
    return sum(
      holds.flatMap((hold) => hold.legs.filter((leg) => leg.meter === meter).map((leg) => leg.amount)),
    )
  }

  /** Returns the account, and creates it if necessary. */
  account(subscription: string, meter: string): ModelAccount {
    const name = `${subscription}/${meter}`
    const known = this.accounts.get(name) ?? {
      waived: 0,
      waivedCredits: 0,
      unlimited: false,
      bookedBefore: new Set(),
      owed: 0,
      period: null,
      limit: 0,
      usedAtFirstSight: 0,
      ackedAtFirstSight: 0,
      adjusted: 0,
    }
    this.accounts.set(name, known)
    return known
  }

  /** Returns the units available on the snapshot's subscription before holds are subtracted. */
  withoutHolds(meter: string): number {
    const { snapshot } = this
    if (!snapshot?.subscription) return 0
    const unseen = this.booked(snapshot.subscription.id, meter).filter((it) => !snapshot.acked.has(id(it)))
    const { waived, adjusted } = this.accounts.get(`${snapshot.subscription.id}/${meter}`) ?? {
      waived: 0,
      adjusted: 0,
    }
    return (
      (snapshot.meters[meter]?.available ?? 0) + waived + adjusted - sum(unseen.map((event) => event.amount))
    )
  }

  /** Extends a hold and stores the units that its work has counted. */
  renew(command: Renew): RenewAnswer {
    const hold = this.holds.get(command.attempt)
    if (!hold) {
      const expired = this.expired.get(command.attempt)
      const paid = expired?.legs.filter((leg) => unitsAtExpiry(expired, leg) > 0) ?? []
      return { state: 'ended', booked: paid.map(({ meter }) => meter) }
    }
    if (command.counted) hold.isStream = true
    if (command.counted && !hold.returned) hold.counted.clear()
    for (const { meter, amount } of command.counted ?? []) {
      if (hold.legs.some((leg) => leg.meter === meter)) hold.counted.set(meter, amount)
    }
    hold.startedAt = Math.min(hold.startedAt, this.now)
    hold.liveUntil = this.now + Math.min(command.ttlMs, hold.maxHoldMs)
    const end = hold.startedAt + hold.maxHoldMs
    hold.expiresAt = hold.returned ? hold.liveUntil : Math.min(this.now + command.ttlMs, end)
    if (hold.isStream) return { state: 'renewed', expiresInMs: hold.liveUntil - this.now }
    const expiresInMs = Math.max(0, hold.expiresAt - this.now)
    return { state: hold.expiresAt === end ? 'atMaximum' : 'renewed', expiresInMs }
  }

  /** Returns whether the hold is due: it has expired, or it would end later than any hold that starts now. */
  isDue({ expiresAt, maxHoldMs }: ModelHold): boolean {
    return expiresAt <= this.now || expiresAt > this.now + maxHoldMs
  }

  hasDueHolds(): boolean {
    return [...this.holds.values()].some((hold) => this.isDue(hold))
  }

  /** Returns true if the lease has ended, or if it starts in the future because the clock stepped backward. */
  isLeaseFree(): boolean {
    return this.lease === null || this.lease.until <= this.now || this.lease.at > this.now
  }

  /**
   * Returns true if the parked event's pause has ended, or if the pause starts in the future because the clock
   * stepped backward.
   */
  isRetryDue({ retryAt, parkedAt }: ModelEvent): boolean {
    return retryAt <= this.now || parkedAt > this.now
  }

  /** Returns whether the customer has events to deliver and a free lease. */
  isToDeliver(): boolean {
    const isPending = (event: ModelEvent) =>
      event.state === 'waiting' ||
      event.state === 'sent' ||
      (event.state === 'parked' && this.isRetryDue(event))
    return this.isLeaseFree() && [...this.events.values()].some(isPending)
  }

  /**
   * Counts a meter's parked events, including those that are being retried. Without `subscription`, counts the
   * events from all subscriptions.
   */
  parked(meter: string, subscription?: string): number {
    return [...this.events.values()].filter(
      (it) =>
        it.meter === meter &&
        it.wasParked &&
        (it.state === 'parked' || it.state === 'sent') &&
        (subscription === undefined || it.subscription === subscription),
    ).length
  }

  balances(): Balance[] {
    const { snapshot } = this
    const named = [...this.accounts.keys()].map((name) => name.split('/')[1] ?? '')
    return [...new Set(named)].sort().map((meter) => {
      const parked = this.parked(meter)
      const subscription = snapshot?.subscription?.id
      if (subscription === undefined || !this.accounts.has(`${subscription}/${meter}`)) {
        return { meter, available: 0, held: 0, used: 0, limit: 0, adjusted: 0, parked }
      }
      const held = this.held(subscription, meter)
      const available = this.withoutHolds(meter) - held
      const account = this.account(subscription, meter)
      const { adjusted } = account
      const limit = account.limit + adjusted
      return { meter, available, held, used: limit - available - held, limit, adjusted, parked }
    })
  }

  /** Returns the events that a command names. */
  named(ids: { attempt: string; meter: string }[]): ModelEvent[] {
    return ids.flatMap((it) => this.events.get(id(it)) ?? [])
  }

  /** Returns an event in the form that delivery gets from the ledger. */
  usageEvent(customer: string, { attempt, meter, subscription, amount, price, at, wasParked }: ModelEvent) {
    // All commands have this procedure, because the builders use it by default.
    const properties = { procedure: 'studio.generate' }
    const event = { customer, attempt, meter, subscription, amount, price, usageDate: at, properties }
    return { ...event, parkedBefore: wasParked }
  }

  /** Returns the result of unmetered work under a key. */
  findResult({ key: name, fingerprint }: Omit<FindResult, 'type'>): FindResultAnswer {
    const key = this.keys.get(name)
    if (!key || key.until <= this.now) return { state: 'unused' }
    if (key.fingerprint !== fingerprint) return { state: 'keyReused' }
    return { state: 'completed', attempt: key.attempt, result: key.result }
  }

  /** Stores a result, unless the key has the result of an attempt that the command doesn't replace. */
  keepResult(command: KeepResult): KeepResultAnswer {
    const { fingerprint, attempt, result, key, replaces } = command
    const found = this.findResult(command)
    if (found.state === 'keyReused') return found
    if (found.state === 'completed' && found.attempt !== replaces) return found
    this.keys.set(key, { fingerprint, attempt, completed: true, result, until: this.now + day })
    return { state: 'kept' }
  }

  /** Returns the labels under whose values units count, and adds new values while there is room. */
  ownLabels(meter: string, labels: Label[] = []): Label[] {
    return labels.filter(({ dimension, value, atMost }) => {
      const values = this.values.get(`${meter}/${dimension}`) ?? []
      if (!values.includes(value) && values.length < atMost) values.push(value)
      this.values.set(`${meter}/${dimension}`, values)
      return values.includes(value)
    })
  }

  /** Returns the units by day, meter and dimension value. The units of other events have the value `other`. */
  usageByValue(dimension: string): Record<string, number> {
    const units: Record<string, number> = {}
    for (const { at, meter, labels, amount } of this.events.values()) {
      const value = labels.find((label) => label.dimension === dimension)?.value ?? 'other'
      const name = `${new Date(at).toISOString().slice(0, 10)} ${meter} ${value}`
      units[name] = (units[name] ?? 0) + amount
    }
    return units
  }

  /** Books units once per attempt and meter. `labels` are those of a settle without a hold. */
  book(
    {
      attempt,
      meter,
      amount,
      labels,
    }: { attempt: string; meter: string; amount: number; labels?: Label[] | undefined },
    subscription: string,
    hold: ModelHold | undefined,
  ) {
    if (amount === 0 || this.events.has(`${attempt}/${meter}`)) return
    const account = this.account(subscription, meter)
    const heldLeg = hold?.legs.find((leg) => leg.meter === meter)
    const wasLifted = heldLeg?.lifted ?? false
    if (wasLifted && !account.unlimited) account.waived += amount
    this.budgets.book({ meter, amount, labels: hold ? heldLeg?.labels : labels }, hold)
    this.events.set(`${attempt}/${meter}`, {
      attempt,
      meter,
      subscription,
      amount,
      price: wasLifted || account.unlimited ? { priceSlug: `${meter}_no_charge` } : { usageMeterSlug: meter },
      at: this.now,
      labels: hold ? (heldLeg?.own ?? []) : this.ownLabels(meter, labels),
      state: 'waiting',
      wasParked: false,
      retryAt: 0,
      parkedAt: 0,
      forgotten: false,
    })
  }
}
