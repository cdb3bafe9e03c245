import { assertAmount } from '../contract/amount.ts'
import { InvalidAmountError } from '../contract/errors.ts'

/** Counts the units that a running call spends. */
export interface Usage {
  /**
   * Adds `units`, an integer of at least 0. Never throws. If the work never calls `add` or `set`, or calls
   * one of them with an invalid amount, the call's usage is unknown. If a cost then reads `total`, the held
   * units are charged and the charge is flagged. After the call has ended, `add` and `set` have no effect,
   * and the first such use logs a warning.
   */
  add(units: number): void
  /**
   * Replaces everything counted so far with `units`, an integer of at least 0. Never throws. Use this method
   * when a provider reports the exact usage after the work has added an estimate. A valid total also clears
   * earlier invalid amounts.
   */
  set(units: number): void
  readonly total: number
}

interface HoldCall<Input> {
  input: Input
}
interface CostCall<Input> {
  input: Input
  usage: Usage
  /** The procedure's result. Undefined for a stream. */
  output: unknown
}
type Amount<Call> = number | ((call: Call) => number)

/**
 * The cost of a call on one meter, in integer units. Without `hold`, `cost` is evaluated once, before the
 * work, from the parsed input. `cost` defaults to 1. With `hold`, that number of units is reserved before the
 * work, and `cost` is evaluated after the work. While a stream is open, `cost` is also evaluated every
 * `options.countEveryMs`, so it must not have side effects.
 */
export type MeterCost<Input> =
  | { hold?: undefined; cost?: Amount<CostCall<Input>> }
  | { hold: Amount<HoldCall<Input>>; cost: Amount<CostCall<Input>> }

/** One meter's part of a call: the units to hold before the work and the units to charge after it. */
export interface MeteredLeg {
  meter: string
  hold: number
  /** True if the cost is set before the work, and counted usage can't change it. */
  fixed: boolean
  usage: UsageCounter
  /**
   * Returns the amount to charge. Never throws: if the cost is invalid or depends on unknown usage, returns
   * the held amount and flags it with the reason.
   */
  actual(output: unknown, basis: CostBasis): { amount: number; flagged: string | null }
}

/**
 * Determines the amount that a leg charges. `work`: the cost of finished work. `left`: the charge for a
 * stream whose reader has left, according to the meter's `onLeave`. `counted`: the cost of the units counted
 * so far (0 if none were counted), even if the usage is unknown. `stopped`: the charge for a stream that ends
 * because the process stops. If units were counted, their cost is charged. Otherwise, the meter's `onExpiry`
 * determines the charge, as when the hold expires.
 */
export type CostBasis = 'work' | 'left' | 'counted' | 'stopped'

/** The settings that all calls on a meter share. */
export interface LegSettings {
  onLeave: 'hold' | 'counted' | undefined
  onExpiry: 'release' | 'settle'
  /** Called if usage is counted after the call has ended. */
  onLateUsage: OnLateUsage
}

/** The methods that count usage. */
export type UsageMethod = 'add' | 'set'
type OnLateUsage = (method: UsageMethod, units: unknown) => void

class UsageCounter implements Usage {
  readonly #onLate: OnLateUsage
  #total = 0
  #closed = false
  #wasCalled = false
  /**
   * The error message for an invalid amount. Null if every amount was valid, or if a later valid `set`
   * replaced the total.
   */
  #invalid: string | null = null

  constructor(onLate: OnLateUsage) {
    this.#onLate = onLate
  }
  get total() {
    return this.#total
  }
  // These are arrow functions, because work can pass a method without its object: `onToken: usage.add`.
  readonly add = (units: number) =>
    this.#count('add', units, () => {
      assertAmount(this.#total + units, 0, 'The usage of one call')
      this.#total += units
    })
  readonly set = (units: number) =>
    this.#count('set', units, () => {
      this.#total = units
      this.#invalid = null
    })
  #count(method: UsageMethod, units: number, apply: () => void) {
    if (this.#closed) return this.#onLate(method, units)
    this.#wasCalled = true
    try {
      assertAmount(units, 0, `usage.${method}`)
      apply()
    } catch (error) {
      this.#invalid = messageOf(error)
    }
  }
  close() {
    this.#closed = true
  }
  /** Returns the usage counted so far. A cost callback can read this usage, but not change it. */
  soFar(): Usage {
    return { add: countInCost, set: countInCost, total: this.#total }
  }
  /** Returns the usage of finished work. Reading `total` throws if the usage is unknown. */
  finished(): Usage {
    const total = this.#total
    const problem = this.#wasCalled
      ? this.#invalid
      : 'The cost reads usage, but the work never called usage.add()'
    return {
      add: countInCost,
      set: countInCost,
      get total() {
        if (problem !== null) throw new InvalidAmountError(problem)
        return total
      },
    }
  }
}

/**
 * Returns a call's leg for one meter, with the units to hold. Throws an `InvalidAmountError` if the hold or
 * the fixed cost isn't a valid amount.
 */
export function meteredLeg<Input>(
  meter: string,
  { hold, cost }: MeterCost<Input>,
  input: Input,
  { onLeave, onExpiry, onLateUsage }: LegSettings,
): MeteredLeg {
  const usage = new UsageCounter(onLateUsage)
  /** Returns the charge for a stopped stream that counted no units. */
  const uncounted = (held: number) =>
    onExpiry === 'settle' ? { amount: held, flagged: 'stopped' } : { amount: 0, flagged: null }
  if (hold === undefined) {
    const amount = evaluate(cost === undefined ? 1 : cost, { input, usage: notCountedYet, output: undefined })
    assertAmount(amount, 0, `The cost on ${meter}`)
    const actual = (_: unknown, basis: CostBasis) => {
      if (basis === 'stopped') return uncounted(amount)
      return { amount: basis === 'counted' ? 0 : amount, flagged: null }
    }
    return { meter, hold: amount, fixed: true, usage, actual }
  }
  const held = evaluate(hold, { input })
  assertAmount(held, 1, `The hold on ${meter}`)
  return {
    meter,
    hold: held,
    fixed: false,
    usage,
    actual(output, basis) {
      if (basis === 'stopped' && usage.total === 0) return uncounted(held)
      const onlyCounted =
        basis === 'counted' || basis === 'stopped' || (basis === 'left' && onLeave === 'counted')
      if (onlyCounted && usage.total === 0) return { amount: 0, flagged: null }
      if (basis === 'left' && onLeave === 'hold') return { amount: held, flagged: null }
      try {
        const amount = evaluate(cost, {
          input,
          usage: onlyCounted ? usage.soFar() : usage.finished(),
          output,
        })
        assertAmount(amount, 0, 'The cost')
        return { amount, flagged: null }
      } catch (error) {
        // The output was delivered, so it must not be free. Charge the held amount, which the app chose.
        return { amount: held, flagged: messageOf(error) }
      }
    },
  }
}

/** Returns whether the work has counted usage that its cost depends on. */
export const hasCounted = ({ fixed, usage }: MeteredLeg) => !fixed && usage.total > 0

/**
 * Returns the message of a thrown value, which can be of any type. Must not throw, because an error here
 * would make the work free.
 */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'The cost threw a value without a message'
  }
}

const evaluate = <Call>(amount: Amount<Call>, call: Call) =>
  typeof amount === 'function' ? amount(call) : amount

function countInCost() {
  throw new TypeError('A cost callback cannot change usage. Count usage in the work.')
}

// Before the work, usage is always 0. If a cost without a hold could read `total`, every call would be free.
const notCountedYet: Usage = {
  add: countInCost,
  set: countInCost,
  get total(): number {
    throw new TypeError('A cost that reads usage needs a hold: metered(meter, { hold, cost })')
  },
}
