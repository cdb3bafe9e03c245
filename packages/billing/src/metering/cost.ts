import { InvalidAmountError } from '../contract/errors.ts'

/** Flowglad stores int32. */
export const maxAmount = 2 ** 31 - 1

/** Counts what a running call really spends. */
export interface Usage {
  /** Adds units, an integer from 0; throws once the call has been charged. */
  add(units: number): void
  readonly total: number
}

interface HoldCall<Input> {
  input: Input
}
interface CostCall<Input> {
  input: Input
  usage: Usage
  /** What the procedure returned; undefined for streams. */
  output: unknown
}
type Amount<Call> = number | ((call: Call) => number)

/**
 * What a call costs on one meter, in integer units.
 * `cost` alone: known before the work, evaluated once, from the parsed input. Default 1.
 * `hold` and `cost`: at most `hold` units are set aside, and `cost` says after the work what was really spent.
 */
export type MeterCost<Input> =
  | { hold?: undefined; cost?: Amount<CostCall<Input>> }
  | { hold: Amount<HoldCall<Input>>; cost: Amount<CostCall<Input>> }

/** One meter's part of a call: what to hold, and what to charge once the work is done. */
export interface SpendLeg {
  meter: string
  hold: number
  /** The cost was known before the work: counting does not change it. */
  fixed: boolean
  usage: UsageCounter
  /** Never throws: a bad cost after success becomes the held amount, flagged with the reason. */
  charge(output: unknown): { amount: number; flagged: string | null }
}

class UsageCounter implements Usage {
  #total = 0
  #closed = false
  get total() {
    return this.#total
  }
  add(units: number) {
    if (this.#closed) throw new InvalidAmountError('usage.add after the call was charged')
    assertAmount(units, 0, 'usage.add')
    assertAmount(this.#total + units, 0, 'The usage of one call')
    this.#total += units
  }
  close() {
    this.#closed = true
  }
}

export function prepareSpend<Input>(meter: string, spend: MeterCost<Input>, input: Input): SpendLeg {
  const usage = new UsageCounter()
  if (spend.hold === undefined) {
    const amount = evaluate(spend.cost ?? 1, { input, usage: notYet, output: undefined })
    assertAmount(amount, 0, `The cost on ${meter}`)
    return { meter, hold: amount, fixed: true, usage, charge: () => ({ amount, flagged: null }) }
  }
  const { hold: held, cost } = spend
  const hold = evaluate(held, { input })
  assertAmount(hold, 1, `The hold on ${meter}`)
  return {
    meter,
    hold,
    fixed: false,
    usage,
    charge(output) {
      try {
        const amount = evaluate(cost, { input, usage, output })
        assertAmount(amount, 0, 'The cost')
        return { amount, flagged: null }
      } catch (error) {
        // The work was done, so it is not free; the hold is the amount that the app itself called enough.
        return { amount: hold, flagged: reasonOf(error) }
      }
    },
  }
}

/** Whatever an app throws: failing to read it would make the work free. */
function reasonOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'The cost threw something that cannot be read'
  }
}

export function assertAmount(amount: unknown, least: 0 | 1, what: string): asserts amount is number {
  if (typeof amount === 'number' && Number.isInteger(amount) && amount >= least && amount <= maxAmount) return
  throw new InvalidAmountError(
    `${what} must be an integer from ${least} to ${maxAmount}, not ${String(amount)}`,
  )
}

const evaluate = <Call>(amount: Amount<Call>, call: Call) =>
  typeof amount === 'function' ? amount(call) : amount

// Without a hold nothing has been counted when the cost is asked for: reading it would make every call free.
const notYet: Usage = {
  add() {
    throw new TypeError('A cost cannot add usage')
  },
  get total(): number {
    throw new TypeError('A cost that reads usage needs a hold: metered(meter, { hold, cost })')
  },
}
