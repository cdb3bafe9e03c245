import type { Answer, Refusal, ShortLeg } from '../../../src/ledger/answers.ts'
import type {
  Command,
  EventId,
  Install,
  Operate,
  Reserve,
  Settle,
  Snapshot,
  TakeLease,
} from '../../../src/ledger/commands.ts'
import type { ActRow } from '../../../src/ledger/core/rows.ts'
import { day, id, type ModelEvent, type ModelHold, sum, unitsAtExpiry } from './ModelState.ts'
import { PastDueModel } from './PastDueModel.ts'

/**
 * Models one customer as the specification describes it. Computes held and booked units from lists of holds and
 * events instead of keeping counters. The model is slow, but simple enough to verify by reading.
 */
export class Model extends PastDueModel {
  /** The records of refunds, by ID. */
  readonly #refunds = new Map<string, ActRow>()

  answer(command: Command): Answer {
    switch (command.type) {
      case 'reserve':
        return this.#reserve(command)
      case 'renew':
        return this.renew(command)
      case 'settle':
        return this.#settle(command)
      case 'findResult':
        return this.findResult(command)
      case 'keepResult':
        return this.keepResult(command)
      case 'release':
        this.holds.delete(command.attempt)
        return { state: 'ended' }
      case 'expire':
        return { state: 'swept', ended: this.#expireDue() }
      case 'takeLease':
        return this.#takeLease(command)
      case 'leaveLease':
        if (this.lease?.token !== command.token) return { state: 'left' }
        for (const event of this.named(command.untaken)) {
          if (event.state === 'sent') event.state = event.wasParked ? 'parked' : 'waiting'
        }
        this.lease = null
        return { state: 'left' }
      case 'install':
        return this.#install(command)
      case 'acknowledge':
        for (const event of this.named(command.events)) {
          if (event.state === 'dropped') this.#changeOwed(event, event.amount)
          event.state = 'acked'
        }
        if (command.endsLease !== undefined && this.lease?.token === command.endsLease) this.lease = null
        return { state: 'acknowledged' }
      case 'park':
        for (const [index, event] of this.named(command.events).entries()) {
          if (event.state === 'acked' || event.state === 'dropped') continue
          event.state = 'parked'
          event.wasParked = true
          event.parkedAt = this.now
          event.retryAt = this.now + (command.events[index]?.retryInMs ?? 0)
        }
        return { state: 'parked' }
      case 'operate':
        return this.#operate(command)
      case 'setBudget':
        return this.budgets.set(command)
      case 'removeBudget':
        return this.budgets.remove(command.id)
      case 'listBudgets':
        return { state: 'listed', budgets: this.budgets.list() }
      case 'recover':
        throw new Error('The histories restore no backup')
      default:
        return command satisfies never
    }
  }

  /** Performs an operator's act. The record omits the states before and after the act. */
  #operate({ customer, id: given, by, reason, act }: Operate): Answer {
    const isRefund = act.type === 'refund'
    const actId = isRefund ? `refund ${act.attempt} ${act.meter}` : given
    const accounts = { accounts: [] }
    const row = { customer, id: actId, at: this.now, by, reason, act, before: accounts, after: accounts }
    const done = this.#refunds.get(actId)
    if (done) return { state: 'repeated', act: done }
    const why = this.#refusal(act)
    if (why !== null) return { state: 'refused', why }
    if (act.type === 'release') this.holds.delete(act.attempt)
    else if (act.type === 'adjust') this.#currentAccount(act.meter).adjusted += act.amount
    else {
      for (const event of this.named([act])) {
        if (act.type === 'drop') {
          event.state = 'dropped'
          this.#changeOwed(event, -event.amount)
          this.#endRefund(act, event.amount)
        } else if (isRefund) this.#currentAccount(act.meter).adjusted += event.amount
        else event.retryAt = this.now
      }
    }
    if (isRefund) this.#refunds.set(actId, row)
    return { state: 'done', act: row }
  }

  /** Takes back the refund of a dropped event, because the drop also returns the event's units. */
  #endRefund({ attempt, meter }: EventId, amount: number): void {
    if (!this.#refunds.has(`refund ${attempt} ${meter}`) || !this.#hasBalance(meter)) return
    const account = this.#currentAccount(meter)
    account.adjusted -= Math.min(amount, Math.max(0, account.adjusted))
  }

  /** Flowglad never settles a dropped event, so the customer doesn't owe its units. */
  #changeOwed(event: ModelEvent, units: number): void {
    const account = this.account(event.subscription, event.meter)
    if (account.unlimited && account.bookedBefore.has(id(event)))
      account.owed = Math.max(0, account.owed + units)
  }

  #refusal(act: Operate['act']): Refusal | null {
    if (act.type === 'release') return this.holds.has(act.attempt) ? null : 'noHold'
    if (act.type === 'adjust') {
      if (!this.#hasBalance(act.meter)) return 'noBalance'
      const { limit, adjusted } = this.#currentAccount(act.meter)
      return limit + adjusted + act.amount < 0 ? 'aboveLimit' : null
    }
    const [event] = this.named([act])
    if (!event) return 'noEvent'
    if (act.type === 'refund') {
      if (event.state === 'dropped') return 'dropped'
      if ('priceSlug' in event.price) return 'unlimited'
      return this.#hasBalance(act.meter) ? null : 'noBalance'
    }
    const isParked = event.state === 'parked' || (event.state === 'sent' && event.wasParked)
    return (act.type === 'retry' ? event.state === 'parked' : isParked) ? null : 'notParked'
  }

  #hasBalance(meter: string): boolean {
    const name = `${this.snapshot?.subscription?.id}/${meter}`
    return (this.accounts.get(name)?.period ?? null) !== null
  }

  #currentAccount(meter: string) {
    return this.account(this.snapshot?.subscription?.id ?? '', meter)
  }

  #reserve(command: Reserve): Answer {
    const mine = this.holds.get(command.attempt) ?? this.expired.get(command.attempt)
    const { snapshot } = this
    const periodEnd = snapshot?.subscription?.periodEnd ?? null
    const outdated = periodEnd !== null && periodEnd <= this.now
    const heldUntil = (expiresAt: number, subscription: string): Answer => ({
      state: 'held',
      subscription,
      expiresInMs: Math.max(0, expiresAt - this.now),
      snapshotAgeMs: Math.abs(this.now - (snapshot?.at ?? this.now)),
      outdated,
    })
    if (mine) return heldUntil(this.holds.has(mine.attempt) ? mine.expiresAt : this.now, mine.subscription)
    const byKey = this.#keyAnswer(command)
    if (byKey) return byKey
    if (!snapshot) return { state: 'needsSnapshot', reason: 'none' }
    if (this.now - snapshot.at > command.snapshotMaxStaleMs)
      return { state: 'needsSnapshot', reason: 'stale' }
    if (!snapshot.subscription) return { state: 'noSubscription', asOf: snapshot.at }
    const checked = this.periodCheckedFor === periodEnd && snapshot.at <= this.now
    if (outdated && !checked && !command.decisive) {
      return { state: 'needsSnapshot', reason: 'outdated' }
    }
    const allowed = this.allowed(command.pastDue)
    if (allowed === 'none') return this.overdue(command, [])
    const isDenied = this.#short(command).length > 0 || this.budgets.over(command.legs).length > 0
    if (isDenied && this.#expireDue() > 0) {
      const again = this.#keyAnswer(command)
      if (again) return again
    }
    const short = this.#short(command)
    const { id: subscription, features } = snapshot.subscription
    if (this.isOverdue(command, short)) return this.overdue(command, short)
    if (short.length > 0) return { state: 'short', legs: short, asOf: snapshot.at }
    const budgets = this.budgets.over(command.legs)
    if (budgets.length > 0) return { state: 'overBudget', budgets }
    const expiresAt = this.now + Math.min(command.ttlMs, command.maxHoldMs)
    for (const leg of command.legs) this.account(subscription, leg.meter)
    if (allowed === 'free') this.freeAttempts.set(command.attempt, this.freePeriod())
    this.holds.set(command.attempt, {
      attempt: command.attempt,
      subscription,
      startedAt: this.now,
      expiresAt,
      maxHoldMs: command.maxHoldMs,
      legs: command.legs.map((leg) => ({
        ...leg,
        lifted: allowed !== 'free' && features.includes(leg.unlimitedBy ?? ''),
        own: this.ownLabels(leg.meter, leg.labels),
      })),
      isStream: false,
      counted: new Map(),
      liveUntil: expiresAt,
      windows: this.budgets.windowsOf(command.legs),
      returned: false,
    })
    if (command.key !== null) {
      this.keys.set(command.key, {
        fingerprint: command.fingerprint,
        attempt: command.attempt,
        completed: false,
        result: null,
        until: this.now + command.maxHoldMs + day,
      })
    }
    return heldUntil(expiresAt, subscription)
  }

  #keyAnswer(command: Reserve): Answer | null {
    const key = this.keys.get(command.key ?? '')
    if (!key) return null
    const hold = this.holds.get(key.attempt)
    if (key.until <= this.now && !hold) return null
    if (key.fingerprint !== command.fingerprint) return { state: 'keyReused' }
    if (key.completed) return { state: 'completed', result: key.result }
    if (hold && this.isDue(hold)) this.#expire(hold)
    if (hold && this.holds.has(hold.attempt)) {
      return { state: 'inProgress', retryAfterMs: Math.min(500, hold.expiresAt - this.now) }
    }
    const expired = this.expired.get(key.attempt)
    const paidFor = expired?.legs.some((leg) => unitsAtExpiry(expired, leg) > 0)
    return paidFor ? { state: 'completed', result: null } : null
  }

  #short(command: Reserve): ShortLeg[] {
    const { snapshot } = this
    if (!snapshot?.subscription) return []
    const { id: subscription, features } = snapshot.subscription
    const allowed = this.allowed(command.pastDue)
    return command.legs.flatMap((leg) => {
      const lifting = {
        all: [leg.unlimitedBy, leg.overageWith],
        noOverage: [leg.unlimitedBy],
        free: [],
        none: [],
      }
      const lifted = lifting[allowed].some((it) => it !== null && features.includes(it))
      const held = this.held(subscription, leg.meter)
      const available =
        allowed === 'free' ? this.free(leg.meter).available : this.withoutHolds(leg.meter) - held
      if (lifted || available >= leg.amount) return []
      const unknown = [...this.events.values()].filter(
        (it) => it.subscription === subscription && it.meter === leg.meter && snapshot.ambiguous.has(id(it)),
      )
      const ambiguous = sum(unknown.map((event) => event.amount))
      return [{ meter: leg.meter, available, held, required: leg.amount, ambiguous }]
    })
  }

  #expireDue(): number {
    const due = [...this.holds.values()].filter((hold) => this.isDue(hold))
    for (const hold of due) this.#expire(hold)
    return due.length
  }

  /** Expires a due hold. If the hold belongs to a running stream, only returns the units. */
  #expire(hold: ModelHold): void {
    if (hold.isStream && hold.liveUntil > this.now) {
      hold.returned = true
      hold.liveUntil = Math.min(hold.liveUntil, this.now + hold.maxHoldMs)
      hold.expiresAt = hold.liveUntil
      return
    }
    this.holds.delete(hold.attempt)
    this.expired.set(hold.attempt, hold)
    for (const leg of hold.legs) {
      const { attempt, subscription } = hold
      this.book({ attempt, meter: leg.meter, amount: unitsAtExpiry(hold, leg) }, subscription, hold)
    }
  }

  #settle(command: Settle): Answer {
    const hold = this.holds.get(command.attempt) ?? this.expired.get(command.attempt)
    const key = this.keys.get(command.key ?? '')
    const same = key && key.fingerprint === command.fingerprint && key.until > this.now
    const forget = () => {
      this.holds.delete(command.attempt)
      this.expired.delete(command.attempt)
    }
    if (same && key.completed && key.attempt !== command.attempt) {
      forget()
      return { state: 'completed', result: key.result }
    }
    const subscription = hold?.subscription ?? command.subscription
    const isHeld = this.holds.has(command.attempt)
    const before = this.events.size
    for (const leg of command.legs) this.book({ ...leg, attempt: command.attempt }, subscription, hold)
    const isLate = !isHeld && this.events.size > before
    forget()
    const another = key && key.fingerprint !== command.fingerprint && key.until > this.now
    const kept = key?.completed && key.attempt === command.attempt && key.result !== null
    if (command.key !== null && !another && !kept) {
      this.keys.set(command.key, {
        fingerprint: command.fingerprint,
        attempt: command.attempt,
        completed: true,
        result: command.result,
        until: this.now + day,
      })
    }
    return isLate ? { state: 'settled', isLate } : { state: 'settled' }
  }

  #takeLease(command: TakeLease): Answer {
    if (this.lease && !this.isLeaseFree() && this.lease.token !== command.token) {
      return { state: 'busy', retryAfterMs: this.lease.until - this.now }
    }
    if (command.extend && this.lease?.token !== command.token) return { state: 'busy', retryAfterMs: 0 }
    const inState = (state: ModelEvent['state']) =>
      [...this.events.values()].filter((it) => it.state === state)
    const ambiguous = inState('sent')
    this.lease = {
      token: command.token,
      until: this.now + command.leaseMs,
      at: this.now,
      purpose: command.purpose,
      acked: new Set(inState('acked').map(id)),
      ambiguous: new Set(ambiguous.map(id)),
      dropped: new Set(inState('dropped').map(id)),
    }
    const next =
      command.purpose === 'fetch'
        ? []
        : [...inState('waiting'), ...inState('parked').filter((event) => this.isRetryDue(event))]
            .sort((a, b) => a.at - b.at || (id(a) < id(b) ? -1 : 1))
            .slice(0, Math.max(0, command.maxEvents - ambiguous.length))
    for (const event of next) event.state = 'sent'
    const usageEvents = (events: ModelEvent[]) =>
      events.map((event) => this.usageEvent(command.customer, event))
    return { state: 'taken', ambiguous: usageEvents(ambiguous), events: usageEvents(next) }
  }

  #install({ token, snapshot, unlimitedBy, planBudgets = [] }: Install): Answer {
    const { lease } = this
    if (lease?.token !== token || lease.purpose !== 'fetch') {
      return { state: this.installedToken === token ? 'installed' : 'leaseLost' }
    }
    for (const event of this.events.values()) if (lease.dropped.has(id(event))) event.forgotten = true
    const at = Math.min(lease.at, this.now)
    this.#endAdjustments(snapshot)
    const debts = new Map([...this.accounts.keys()].map((name) => [name, this.#debt(name)]))
    this.pastDueSince = this.nextPastDueSince(snapshot)
    this.snapshot = { ...snapshot, at, acked: lease.acked, ambiguous: lease.ambiguous }
    const { subscription, meters } = snapshot
    if (subscription) {
      const known = [...this.accounts.keys()].filter((name) => name.startsWith(`${subscription.id}/`))
      const names = new Set([...Object.keys(meters), ...known.map((name) => name.split('/')[1] ?? '')])
      for (const meter of names) this.#installAccount(subscription, meter, unlimitedBy[meter], debts)
    }
    const periodEnd = subscription?.periodEnd ?? null
    this.periodCheckedFor = periodEnd !== null && periodEnd <= at ? periodEnd : null
    this.installedToken = token
    this.lease = null
    this.budgets.setPlan(planBudgets)
    return { state: 'installed' }
  }

  /** Ends the adjustments of the previous period. Spent adjusted units become waived units. */
  #endAdjustments({ subscription }: Snapshot): void {
    if (!subscription || this.snapshot?.subscription?.id !== subscription.id) return
    for (const [name, account] of this.accounts) {
      const [of, meter = ''] = name.split('/')
      if (of !== subscription.id || account.period === String(subscription.periodStart)) continue
      const missing = Math.max(0, account.adjusted - this.withoutHolds(meter))
      const spent = Math.max(0, Math.min(account.adjusted, missing))
      account.waived += spent
      account.waivedCredits += spent
      account.adjusted = 0
    }
  }

  #installAccount(
    subscription: NonNullable<Snapshot['subscription']>,
    meter: string,
    feature: string | undefined,
    debts: Map<string, number>,
  ) {
    const { snapshot } = this
    const account = this.account(subscription.id, meter)
    const { available, granted } = snapshot?.meters[meter] ?? { available: 0, granted: 0 }
    const acked = sum(
      this.booked(subscription.id, meter)
        .filter((event) => snapshot?.acked.has(id(event)))
        .map((event) => event.amount),
    )
    const period = String(subscription.periodStart)
    const isNew = account.period !== period
    const unlimited = subscription.features.includes(feature ?? '')
    const name = `${subscription.id}/${meter}`
    if (isNew && !account.unlimited) account.owed = account.period === null ? 0 : (debts.get(name) ?? 0)
    if (!account.unlimited && unlimited) {
      const undelivered = this.#live(name).filter((event) => event.state !== 'acked')
      account.owed = Math.max(
        account.period === null ? 0 : this.#debt(name),
        sum(undelivered.map((event) => event.amount)),
      )
      account.bookedBefore = new Set(this.#live(name).map(id))
    }
    if (account.unlimited && !unlimited) {
      const missing = Math.max(0, (isNew ? granted : 0) - this.#balance(name))
      const free = sum(
        this.#live(name)
          .filter((event) => !account.bookedBefore.has(id(event)))
          .map((event) => event.amount),
      )
      const unexplained = Math.max(0, missing - free)
      account.waived += Math.min(missing, free)
      account.waived += Math.max(0, unexplained - account.owed - this.#ambiguous(name))
      account.owed = Math.min(account.owed, unexplained)
    }
    account.unlimited = unlimited
    const total = available + account.waived
    if (isNew) {
      account.period = period
      account.ackedAtFirstSight = acked
      account.limit = Math.max(granted, total)
      account.usedAtFirstSight = account.limit - total
      if (!unlimited) account.owed = Math.min(account.owed, account.usedAtFirstSight)
    } else {
      const now = total + acked - account.ackedAtFirstSight + account.usedAtFirstSight
      const growth = Math.max(0, now - account.limit)
      const owed = Math.min(account.owed, account.usedAtFirstSight)
      const paid = unlimited ? 0 : Math.min(owed, growth)
      account.limit += growth - paid
      account.usedAtFirstSight -= paid
      if (!unlimited) account.owed = owed - paid
    }
  }

  /** Returns the account's events that Flowglad has or will get. */
  #live(name: string) {
    const [subscription = '', meter = ''] = name.split('/')
    return this.booked(subscription, meter).filter((event) => event.state !== 'dropped')
  }

  #ambiguous(name: string): number {
    const [subscription = '', meter = ''] = name.split('/')
    const events = this.booked(subscription, meter).filter((it) => this.snapshot?.ambiguous.has(id(it)))
    return sum(events.map((event) => event.amount))
  }

  /** Returns Flowglad's balance minus the usage that it doesn't include yet, plus the waived units. */
  #balance(name: string): number {
    const { snapshot } = this
    const [subscription, meter = ''] = name.split('/')
    if (snapshot?.subscription?.id !== subscription) return 0
    const unseen = this.#live(name).filter((event) => !snapshot?.acked.has(id(event)))
    const waived = this.accounts.get(name)?.waived ?? 0
    return (snapshot?.meters[meter]?.available ?? 0) + waived - sum(unseen.map((event) => event.amount))
  }

  #debt(name: string): number {
    return Math.max(0, -this.#balance(name))
  }
}
