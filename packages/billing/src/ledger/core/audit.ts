import { type Books, joinedAccount } from './books.ts'
import type { AccountRow } from './rows.ts'

/** A counter that doesn't match the rows that it counts. */
export interface Violation {
  customer: string
  /** Describes the difference, with the numbers. */
  problem: string
}

/**
 * Checks one customer's counters against the rows that they count. Old events are pruned, but daily totals aren't.
 * The totals are therefore checked only against the remaining events and the daily totals.
 */
export function audit(customer: string, books: Books): Violation[] {
  const problems = [
    ...customerProblems(books),
    ...accountProblems(books),
    ...budgetProblems(books),
    ...dailyProblems(books),
    ...dimensionProblems(books),
  ]
  return problems.map((problem) => ({ customer, problem }))
}

function customerProblems({ row, events, budgets, resultBytes }: Books): string[] {
  const pending = events.filter(({ state }) => state === 'waiting' || state === 'sent')
  const undelivered = sum(pending.map(({ count }) => count))
  return [
    ...unless(row?.undelivered ?? 0, undelivered, 'undelivered', 'waiting and sent events'),
    ...unless(row?.resultBytes ?? 0, resultBytes, 'result_bytes', 'bytes of stored results'),
    ...unless(row?.budgets ?? 0, budgets.length, 'budgets', 'rows of budgets'),
  ]
}

function accountProblems({ accounts, holds, events }: Books): string[] {
  const known = new Map(accounts.map((account) => [joinedAccount(account), account]))
  const legs = holds.flatMap(({ subscription, legs: its }) => its.map((leg) => ({ subscription, ...leg })))
  const names = new Set([...known.keys(), ...[...legs, ...events].map(joinedAccount)])
  return [...names].flatMap((name) => {
    const account = known.get(name)
    const held = sum(legs.filter((it) => joinedAccount(it) === name).map(({ amount }) => amount))
    const its = events.filter((it) => joinedAccount(it) === name)
    const pending = its.filter(({ state }) => state === 'waiting' || state === 'sent' || state === 'parked')
    const parked = pending.filter(
      ({ state, wasRejected }) => state === 'parked' || (state === 'sent' && wasRejected),
    )
    const acked = unitsOf(its.filter(({ state }) => state === 'acked'))
    const { booked = 0, dropped = 0 } = account ?? {}
    const problems = [
      ...unless(account?.held ?? 0, held, 'held', 'units of open holds'),
      ...unless(account?.parked ?? 0, sum(parked.map(({ count }) => count)), 'parked', 'parked events'),
      ...unless(
        booked - (account?.acked ?? 0) - dropped,
        unitsOf(pending),
        'booked − acked − dropped',
        'units of undelivered events',
      ),
      ...((account?.acked ?? 0) < acked
        ? [`acked is ${account?.acked ?? 0}, less than the ${acked} units of acknowledged events`]
        : []),
      ...(account ? ownProblems(account) : []),
    ]
    return problems.map((problem) => `${name.replace('\0', ' ')}: ${problem}`)
  })
}

function ownProblems(account: AccountRow): string[] {
  const { booked, acked, held, dropped, parked, waived, ambiguous, snapshotAcked } = account
  const { owed } = account
  const counters = {
    booked,
    acked,
    held,
    dropped,
    parked,
    waived,
    ambiguous,
    snapshotAcked,
    owed,
  }
  return [
    ...negative(counters),
    ...(snapshotAcked > acked ? [`snapshotAcked is ${snapshotAcked}, more than acked (${acked})`] : []),
  ]
}

/** Checks that a budget's held units are those of the open holds that count in its window. */
function budgetProblems({ budgets, holds }: Books): string[] {
  const legs = holds.flatMap((hold) => hold.legs)
  return budgets.flatMap(({ id, instance, windowStart, used, held }) => {
    const counted = legs.filter((leg) =>
      leg.budgets?.some((it) => it.instance === instance && it.windowStart === windowStart),
    )
    const units = sum(counted.map(({ amount }) => amount))
    const problems = [
      ...unless(held, units, 'held', 'units of open holds in the window'),
      ...negative({ used, held }),
    ]
    return problems.map((problem) => `budget ${id}: ${problem}`)
  })
}

/** Checks that the daily totals include every booked unit. */
function dailyProblems({ accounts, daily }: Books): string[] {
  return [...new Set(accounts.map(({ meter }) => meter))].flatMap((meter) => {
    const ofMeter = accounts.filter((account) => account.meter === meter)
    const booked = sum(ofMeter.map((account) => account.booked - account.dropped))
    const total = sum(daily.filter((day) => day.meter === meter).map(({ units }) => units))
    return booked > total
      ? [`${meter}: ${booked} units are booked, but the daily totals add up to ${total}`]
      : []
  })
}

/**
 * Checks that a dimension's counter is the number of the dimension's values, and that these values have no more units
 * than the meter.
 */
function dimensionProblems({ dimensions, daily }: Books): string[] {
  return dimensions.flatMap(({ meter, dimension, counted, values, units }) => {
    const total = sum(daily.filter((day) => day.meter === meter).map((day) => day.units))
    const problems = [
      ...unless(counted, values, 'number', 'rows of values'),
      ...(units > total ? [`its values have ${units} units, but the daily totals add up to ${total}`] : []),
    ]
    return problems.map((problem) => `${meter} by ${dimension}: ${problem}`)
  })
}

const negative = (counters: Record<string, number>): string[] =>
  Object.entries(counters).flatMap(([name, value]) => (value < 0 ? [`${name} is ${value}, below 0`] : []))

const unless = (counter: number, rows: number, name: string, what: string): string[] =>
  counter === rows ? [] : [`${name} is ${counter}, but there are ${rows} ${what}`]

const unitsOf = (events: Books['events']) => sum(events.map(({ units }) => units))
const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0)
