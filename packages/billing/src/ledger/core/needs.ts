import type { Command, EventId, Label, Operate, Reserve, SetBudget } from '../commands.ts'
import { actId, refundId } from './actId.ts'
import { idOf, joined, type LoadedCustomer } from './loadedCustomer.ts'
import { recoveredKey } from './recoveredKey.ts'
import { firstFullDay } from './utcDay.ts'

type UsedSince = [
  customer: string,
  meter: string,
  since: number,
  firstDay: string,
  firstDayStart: number,
  dimension: string,
  value: string,
]
type LabelKey = [customer: string, meter: string, dimension: string, value: string]

/** The rows to load for a batch. The first element of every tuple is the customer. */
export interface Needs {
  /** The batch's customers, sorted, so that every node locks customers in the same order. */
  customers: string[]
  /**
   * For these customers, load the row, all accounts, all budgets, all due holds, and the earliest expiry of the
   * other holds. If a customer's `time` is in the future, load every hold in state `held`: the clock has stepped
   * backward, so any of these holds may be due.
   */
  unknown: string[]
  holds: [customer: string, attempt: string][]
  /** Loading a key also loads its attempt's hold. */
  keys: [customer: string, procedure: string, key: string][]
  events: [customer: string, attempt: string, meter: string][]
  acts: [customer: string, id: string][]
  /** Without duplicates. An empty value loads the dimension's counter. */
  labels: LabelKey[]
  /** Load every sent event of these customers. */
  sentEvents: string[]
  /** For each customer, load at most `atMost` waiting events and `atMost` due parked events, oldest first. */
  waitingEvents: [customer: string, atMost: number][]
  /**
   * Add up the units that were booked on the meter since a time. To read few rows even for a long history, add the
   * totals of all days from `firstDay` on, and the events before `firstDayStart`. If `dimension` isn't empty, add up
   * only the totals of its value. Events don't contain labels, so the units before `firstDayStart` don't count.
   */
  usedSince: UsedSince[]
  /** The total size and the number of the results to store, by customer. */
  results: Map<string, { bytes: number; count: number }>
}

/**
 * How many of a customer's oldest results to load to make room for `count` new results. Most results have
 * similar sizes, so `few` usually suffices. If `few` results don't free enough space, load `many`. If even
 * `many` results don't free enough space, the new result isn't stored.
 */
export const oldestResults = { few: (count: number) => 2 * count + 16, many: 1000 }

/** The maximum number of a customer's waiting events that a recovery searches for duplicates. */
const maxDuplicates = 10_000

/**
 * Returns the rows to load for the commands. `known` contains the customers whose rows this process already
 * knows. For these customers, few or no rows are loaded. An attempt whose hold is in state `held` should have no
 * events, so none are loaded. If such an event does exist, inserting it fails, and the batch runs again without
 * known rows.
 */
export function needsOf(commands: readonly Command[], known: ReadonlyMap<string, LoadedCustomer>): Needs {
  const customers = [...customersOf(commands)].sort()
  const needs: Needs = {
    customers,
    unknown: customers.filter((customer) => !known.has(customer)),
    holds: [],
    keys: [],
    events: [],
    acts: [],
    labels: [],
    sentEvents: [],
    waitingEvents: [],
    usedSince: [],
    results: new Map(),
  }
  for (const command of commands) add(needs, command, known.get(command.customer))
  needs.sentEvents = [...new Set(needs.sentEvents)]
  needs.labels = [...new Map(needs.labels.map((key) => [joined(...key), key])).values()]
  return needs
}

export const customersOf = (commands: readonly Command[]) =>
  new Set(commands.map((command) => command.customer))

function add(needs: Needs, command: Command, known: LoadedCustomer | undefined): void {
  const { customer } = command
  switch (command.type) {
    case 'reserve':
      // A repeated reserve must find its hold.
      addHold(needs, command, known)
      addKey(needs, command, known)
      addRecoveredKey(needs, command, known)
      addLabels(needs, command)
      return
    case 'settle': {
      addHold(needs, command, known)
      if (known?.holds.get(command.attempt)?.state !== 'held') {
        for (const leg of command.legs) needs.events.push([customer, command.attempt, leg.meter])
        addLabels(needs, command)
      }
      addKey(needs, command, known)
      addRecoveredKey(needs, command, known)
      if (command.key !== null && command.result !== null) addResult(needs, customer, command.result)
      return
    }
    case 'findResult':
    case 'keepResult':
      addKey(needs, command, known)
      return
    case 'renew':
    case 'release':
      addHold(needs, command, known)
      return
    case 'takeLease':
      needs.sentEvents.push(customer)
      if (command.purpose === 'deliver') needs.waitingEvents.push([customer, command.maxEvents])
      return
    case 'expire':
    case 'install':
      return
    case 'acknowledge':
    case 'park':
      addEvents(needs, customer, command.events, known)
      return
    case 'recover':
      addEvents(needs, customer, command.events, known)
      for (const { attempt } of command.events) addHold(needs, { customer, attempt }, known)
      needs.waitingEvents.push([customer, maxDuplicates])
      return
    case 'operate':
      addAct(needs, command, known)
      return
    case 'setBudget':
      addUsedSince(needs, command)
      return
    case 'removeBudget':
    case 'listBudgets':
      return
    case 'leaveLease':
      addEvents(needs, customer, command.untaken, known)
      return
    default:
      command satisfies never
  }
}

function addHold(
  needs: Needs,
  { customer, attempt }: { customer: string; attempt: string },
  known: LoadedCustomer | undefined,
): void {
  if (!known?.holds.has(attempt)) needs.holds.push([customer, attempt])
}

function addKey(
  needs: Needs,
  { customer, procedure, key }: { customer: string; procedure: string; key: string | null },
  known: LoadedCustomer | undefined,
): void {
  if (key === null || known?.keys.has(idOf.key({ procedure, key }))) return
  needs.keys.push([customer, procedure, key])
}

function addRecoveredKey(
  needs: Needs,
  { customer, procedure, recoverable }: Pick<Reserve, 'customer' | 'procedure' | 'recoverable'>,
  known: LoadedCustomer | undefined,
): void {
  if (recoverable !== undefined) addKey(needs, { customer, procedure, key: recoveredKey(recoverable) }, known)
}

function addEvents(
  needs: Needs,
  customer: string,
  events: readonly EventId[],
  known: LoadedCustomer | undefined,
): void {
  for (const event of events) {
    if (!known?.events.has(idOf.event(event))) needs.events.push([customer, event.attempt, event.meter])
  }
}

/** Adds the label rows. A settle with a known hold doesn't need them, because the hold contains its labels. */
function addLabels(
  { labels }: Needs,
  { customer, legs }: { customer: string; legs: { meter: string; labels?: Label[] | undefined }[] },
): void {
  for (const { meter, labels: its = [] } of legs) {
    for (const { dimension, value } of its)
      labels.push([customer, meter, dimension, value], [customer, meter, dimension, ''])
  }
}

function addAct(needs: Needs, command: Operate, known: LoadedCustomer | undefined): void {
  const { customer, act } = command
  needs.acts.push([customer, actId(command)])
  if (act.type === 'drop') needs.acts.push([customer, refundId(act)])
  if (act.type === 'release') addHold(needs, { customer, attempt: act.attempt }, known)
  else if (act.type !== 'adjust') addEvents(needs, customer, [act], known)
}

function addUsedSince(needs: Needs, { customer, meter, scope, usedSince }: SetBudget): void {
  const { day, start } = firstFullDay(usedSince)
  needs.usedSince.push([customer, meter, usedSince, day, start, scope?.dimension ?? '', scope?.value ?? ''])
}

function addResult({ results }: Needs, customer: string, result: string): void {
  const { bytes, count } = results.get(customer) ?? { bytes: 0, count: 0 }
  results.set(customer, { bytes: bytes + Buffer.byteLength(result), count: count + 1 })
}
