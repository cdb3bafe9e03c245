import type { Command } from '../commands.ts'

/** The rows that a batch needs. The first element of every tuple is the customer. */
export interface Needs {
  /** Sorted, so that every node locks customers in the same order. */
  customers: string[]
  holds: [customer: string, attempt: string][]
  /**
   * Load every due hold of these customers. If a customer's `time` is in the future, load every hold in state
   * `held`: the clock has stepped backward, so any of them may be due.
   */
  dueHolds: string[]
  /** Loading a key also loads its attempt's hold. */
  keys: [customer: string, procedure: string, key: string][]
  events: [customer: string, attempt: string, meter: string][]
  /** Load every sent event of these customers. */
  sentEvents: string[]
  /** For each customer, load at most `atMost` waiting events and `atMost` due parked events, oldest first. */
  waitingEvents: [customer: string, atMost: number][]
  /**
   * Load the accounts of these subscriptions. Accounts of the snapshot's subscription and of loaded holds and
   * events are always loaded.
   */
  subscriptions: [customer: string, subscription: string][]
  /** Load every account of these customers. */
  allAccounts: string[]
  /** The total size and the number of the results to store, by customer. */
  results: Map<string, { bytes: number; count: number }>
}

/**
 * How many of a customer's oldest results to load to make room for `count` new results. Most results have
 * similar sizes, so `few` usually suffices. If it doesn't, load `many`. If even `many` results don't free
 * enough space, the new result isn't stored.
 */
export const oldestResults = { few: (count: number) => 2 * count + 16, many: 1000 }

/** Returns the rows that the commands need. */
export function needsOf(commands: readonly Command[]): Needs {
  const needs: Needs = {
    customers: [...new Set(commands.map((command) => command.customer))].sort(),
    holds: [],
    dueHolds: [],
    keys: [],
    events: [],
    sentEvents: [],
    waitingEvents: [],
    subscriptions: [],
    allAccounts: [],
    results: new Map(),
  }
  for (const command of commands) add(needs, command)
  // Remove duplicates: concurrent calls by one customer need the same rows.
  needs.dueHolds = [...new Set(needs.dueHolds)]
  needs.sentEvents = [...new Set(needs.sentEvents)]
  needs.allAccounts = [...new Set(needs.allAccounts)]
  return needs
}

function add(needs: Needs, command: Command): void {
  const { customer } = command
  switch (command.type) {
    case 'reserve':
      needs.holds.push([customer, command.attempt])
      needs.dueHolds.push(customer)
      if (command.key !== null) needs.keys.push([customer, command.procedure, command.key])
      return
    case 'settle':
      needs.holds.push([customer, command.attempt])
      needs.subscriptions.push([customer, command.subscription])
      for (const leg of command.legs) needs.events.push([customer, command.attempt, leg.meter])
      if (command.key === null) return
      needs.keys.push([customer, command.procedure, command.key])
      if (command.result !== null) addResult(needs, customer, command.result)
      return
    case 'findResult':
    case 'keepResult':
      needs.keys.push([customer, command.procedure, command.key])
      return
    case 'renew':
    case 'release':
      needs.holds.push([customer, command.attempt])
      return
    case 'expire':
      needs.dueHolds.push(customer)
      return
    case 'takeLease':
      needs.sentEvents.push(customer)
      if (command.purpose === 'fetch') needs.allAccounts.push(customer)
      else needs.waitingEvents.push([customer, command.maxEvents])
      return
    case 'install':
      needs.allAccounts.push(customer)
      return
    case 'acknowledge':
    case 'park':
    case 'drop':
      for (const { attempt, meter } of command.events) needs.events.push([customer, attempt, meter])
      return
    case 'leaveLease':
      for (const { attempt, meter } of command.untaken) needs.events.push([customer, attempt, meter])
      return
    default:
      command satisfies never
  }
}

function addResult({ results }: Needs, customer: string, result: string): void {
  const { bytes, count } = results.get(customer) ?? { bytes: 0, count: 0 }
  results.set(customer, { bytes: bytes + Buffer.byteLength(result), count: count + 1 })
}
