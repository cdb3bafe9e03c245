import type { BudgetStatus, OverBudget, SetBudgetAnswer } from '../../../src/ledger/answers.ts'
import type { Leg, PlanBudget, SetBudget } from '../../../src/ledger/commands.ts'
import { firstFullDay } from '../../../src/ledger/core/utcDay.ts'
import type { ModelHold, ModelState } from './ModelState.ts'

interface ModelBudget extends PlanBudget {
  source: 'customer' | 'plan'
  id: string
  current: ModelWindow
  /** The windows before the current window. */
  earlier: Set<ModelWindow>
}

/** A budget's window, and the amounts that were booked in it. */
export interface ModelWindow {
  start: number
  end: number | null
  booked: number[]
}

const lengths = { hour: 3_600_000, day: 24 * 3_600_000 }

/** Models one customer's budgets. Windows are objects, and used and held units are sums over lists. */
export class ModelBudgets {
  readonly #state: ModelState
  readonly #budgets = new Map<string, ModelBudget>()

  constructor(state: ModelState) {
    this.#state = state
  }

  get size(): number {
    return this.#budgets.size
  }

  set(command: SetBudget): SetBudgetAnswer {
    const { meter, window, scope, usedSince } = command
    const id = idOf(command)
    if (this.#change(id, command)) return { state: 'set', id }
    if (window === 'period' && !this.#state.snapshot?.subscription) return { state: 'needsSnapshot' }
    const current = this.windowNow(window)
    if (usedSince !== current.start) return { state: 'needsUsage', since: current.start }
    const events = [...this.#state.events.values()].filter(
      (event) =>
        event.meter === meter &&
        event.at >= (scope ? firstFullDay(current.start).start : current.start) &&
        isInScope(scope, event.labels),
    )
    current.booked = events.map(({ amount }) => amount)
    this.#budgets.set(id, { ...command, id, source: 'customer', current, earlier: new Set() })
    return { state: 'set', id }
  }

  /** Replaces the plan's budgets after an install. */
  setPlan(budgets: readonly PlanBudget[]): void {
    if (!this.#state.snapshot?.subscription) return
    const ids = budgets.map((budget) => `plan ${idOf(budget)}`)
    for (const { id, source } of this.#budgets.values()) {
      if (source === 'plan' && !ids.includes(id)) this.#budgets.delete(id)
    }
    for (const [index, budget] of budgets.entries()) {
      const id = ids[index] ?? ''
      if (this.#change(id, budget)) continue
      const current = this.windowNow(budget.window)
      this.#budgets.set(id, { ...budget, id, source: 'plan', current, earlier: new Set() })
    }
  }

  #change(id: string, { limit, mode, thresholds }: PlanBudget): boolean {
    const existing = this.#budgets.get(id)
    if (!existing) return false
    this.#roll(existing)
    Object.assign(existing, { limit, mode, thresholds })
    return true
  }

  remove(id: string): { state: 'removed' | 'noBudget' } {
    if (this.#budgets.get(id)?.source !== 'customer') return { state: 'noBudget' }
    this.#budgets.delete(id)
    return { state: 'removed' }
  }

  list(): BudgetStatus[] {
    return [...this.#budgets.values()].map((budget) => {
      const next = this.#next(budget)
      return { ...this.#status(budget, next ?? budget.current), resetsAt: next?.end ?? this.#endOf(budget) }
    })
  }

  /** Returns the windows that the last commands have used. A later window may have begun since. */
  stored() {
    return [...this.#budgets.values()].map(({ instance, limit, thresholds, current }) => {
      return { instance, limit, thresholds, start: current.start, used: sum(current.booked) }
    })
  }

  over(legs: Leg[]): OverBudget[] {
    return legs.flatMap(({ meter, amount, labels }) =>
      this.#of(meter, labels)
        .map((budget) => ({ ...this.#status(budget, budget.current), required: amount }))
        .filter(({ mode }) => mode === 'block')
        .filter(({ used, held, limit }) => used + held + amount > limit),
    )
  }

  /** Returns the windows that a hold with these legs counts against. */
  windowsOf(legs: Leg[]): Set<ModelWindow> {
    return new Set(legs.flatMap(({ meter, labels }) => this.#of(meter, labels).map(({ current }) => current)))
  }

  book(
    { meter, amount, labels }: { meter: string; amount: number; labels: Scopes | undefined },
    hold: ModelHold | undefined,
  ): void {
    for (const { current, earlier } of this.#of(meter, labels)) {
      const isInTime = hold === undefined || hold.startedAt >= current.start
      const wasCounted = [...(hold?.windows ?? [])].some((it) => it === current || earlier.has(it))
      if (wasCounted ? hold?.windows.has(current) : isInTime) current.booked.push(amount)
    }
  }

  windowNow(window: SetBudget['window']): ModelWindow {
    const { now, snapshot } = this.#state
    if (window === 'period') {
      const { periodStart, periodEnd } = snapshot?.subscription ?? {}
      return { start: periodStart ?? 0, end: periodEnd ?? null, booked: [] }
    }
    if (window === 'month') throw new Error('The histories use shorter windows')
    const length = lengths[window]
    const start = Math.floor(now / length) * length
    return { start, end: start + length, booked: [] }
  }

  #of(meter: string, labels: Scopes | undefined): ModelBudget[] {
    const budgets = [...this.#budgets.values()].filter(
      (budget) => budget.meter === meter && isInScope(budget.scope, labels),
    )
    for (const budget of budgets) this.#roll(budget)
    return budgets
  }

  #roll(budget: ModelBudget): void {
    const next = this.#next(budget)
    budget.current.end = this.#endOf(budget)
    if (!next) return
    budget.earlier.add(budget.current)
    budget.current = next
  }

  /** Returns the window that follows the budget's window, or null if the budget's window isn't over. */
  #next({ window, current }: ModelBudget): ModelWindow | null {
    const next = this.windowNow(window)
    if (window === 'period') {
      return this.#state.snapshot?.subscription && next.start > current.start ? next : null
    }
    if (current.end === null || this.#state.now < current.end) return null
    return { ...next, start: Math.max(next.start, current.start + 1) }
  }

  /** Returns when the budget's window ends. It can end earlier than planned if it began while the clock was ahead. */
  #endOf({ window, current }: ModelBudget): number | null {
    const { end } = this.windowNow(window)
    if (window === 'period') return this.#state.snapshot?.subscription ? end : current.end
    const isAhead = this.#state.now < current.start
    return isAhead && end !== null && current.end !== null ? Math.min(end, current.end) : current.end
  }

  #status(
    { id, source, meter, scope, limit, window, timeZone, mode, thresholds }: ModelBudget,
    current: ModelWindow,
  ): BudgetStatus {
    const holds = [...this.#state.holds.values()].filter((it) => it.windows.has(current) && !it.returned)
    const legs = holds.flatMap((hold) => hold.legs).filter((leg) => leg.meter === meter)
    const used = sum(current.booked)
    const held = sum(legs.map(({ amount }) => amount))
    return {
      id,
      source,
      meter,
      scope,
      limit,
      used,
      held,
      window,
      timeZone,
      mode,
      thresholds: [...thresholds],
      resetsAt: current.end,
    }
  }
}

const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)

type Scopes = { dimension: string; value: string }[]

const isInScope = (scope: SetBudget['scope'], labels: Scopes = []) =>
  !scope || labels.some(({ dimension, value }) => dimension === scope.dimension && value === scope.value)

const idOf = ({ window, meter, scope }: PlanBudget) =>
  `${window} ${meter}${scope ? ` ${scope.dimension}=${scope.value}` : ''}`
