import type { LoadedCustomer } from '../../core/draft.ts'
import { type Needs, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { loadedCustomers } from '../loadedCustomers.ts'
import { column, selectList, type Table, tables } from '../tables.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/**
 * SQLite uses a partial index only if the query repeats the index's condition literally. With `INDEXED BY`, a
 * query that can't use the index fails instead of reading a customer's whole history.
 */
const undelivered = `t.state IN ('waiting', 'sent')`

/**
 * Returns a function that loads the rows that a batch needs. Call the function inside the write transaction.
 * Each statement loads all the rows listed in its JSON parameter.
 */
export function prepareLoad(db: SqliteDatabase, settings: LedgerSettings) {
  const statements = prepareStatements(db)
  return (needs: Needs, now: number): Map<string, LoadedCustomer> => {
    const { loaded, of } = loadedCustomers(needs.customers)
    let dueUntil = now
    for (const row of statements.customers(needs.customers)) {
      of(row.customer).row = row
      if (row.time > now) dueUntil = Number.MAX_SAFE_INTEGER
    }
    for (const row of statements.holds(needs.holds)) of(row.customer).holds.push(row)
    for (const row of statements.dueHolds(needs.dueHolds, dueUntil)) of(row.customer).holds.push(row)
    for (const row of statements.keys(needs.keys)) of(row.customer).keys.push(row)
    for (const row of statements.holdsOfKeys(needs.keys)) of(row.customer).holds.push(row)
    for (const row of statements.events(needs.events)) of(row.customer).events.push(row)
    for (const row of statements.sentEvents(needs.sentEvents)) of(row.customer).events.push(row)
    for (const [name, atMost] of needs.waitingEvents) {
      of(name).events.push(...statements.waitingEvents(name, atMost))
      of(name).events.push(...statements.parkedEvents(name, now, now, atMost))
    }
    for (const [name, results] of needs.results) {
      const excess = (of(name).row?.resultBytes ?? 0) + results.bytes - settings.resultBytesPerCustomer
      if (excess > 0) of(name).oldestResults = loadOldestResults(statements, name, excess, results.count)
    }
    for (const row of statements.allAccounts(needs.allAccounts)) of(row.customer).accounts.push(row)
    for (const row of statements.accounts(subscriptionsOf(needs, loaded))) {
      of(row.customer).accounts.push(row)
    }
    return loaded
  }
}

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(db: SqliteDatabase) {
  const { customer, account, hold, key, event } = tables
  const customers = select(db, customer, each('customer', ['customer']))
  const holds = select(db, hold, each('hold', ['customer', 'attempt']))
  const dueHolds = select(
    db,
    hold,
    `${each('hold', ['customer'], 't', 'metered_hold_due')} WHERE t.state = 'held' AND t.expires_at <= ?`,
  )
  const keys = select(db, key, each('key', ['customer', 'procedure', 'key']))
  const holdsOfKeys = select(
    db,
    hold,
    `${each('key', ['customer', 'procedure', 'key'], 'k')}
     CROSS JOIN metered_hold t ON t.customer = k.customer AND t.attempt = k.attempt`,
  )
  const events = select(db, event, each('event', ['customer', 'attempt', 'meter']))
  const sentEvents = select(
    db,
    event,
    `${each('event', ['customer'], 't', 'metered_event_undelivered')} WHERE t.state = 'sent' AND ${undelivered}`,
  )
  const waitingEvents = select(
    db,
    event,
    `metered_event t INDEXED BY metered_event_undelivered
     WHERE t.customer = ? AND t.state = 'waiting' AND ${undelivered} ORDER BY t.at, t.attempt, t.meter LIMIT ?`,
  )
  const parkedEvents = select(
    db,
    event,
    `metered_event t INDEXED BY metered_event_parked
     WHERE t.customer = ? AND t.state = 'parked' AND t.reason IS NOT NULL AND t.state IN ('parked', 'sent') AND (t.retry_at <= ? OR t.parked_at > ?)
     ORDER BY t.at, t.attempt, t.meter LIMIT ?`,
  )
  const accounts = select(db, account, each('account', ['customer', 'subscription']))
  const allAccounts = select(db, account, each('account', ['customer']))
  const oldestKeys = select(
    db,
    key,
    'metered_key t INDEXED BY metered_key_results WHERE t.customer = ? AND t.result_bytes > 0 ORDER BY t.prune_at LIMIT ?',
    ['result'],
  )
  return {
    customers,
    holds,
    dueHolds,
    keys,
    holdsOfKeys,
    events,
    sentEvents,
    waitingEvents,
    parkedEvents,
    accounts,
    allAccounts,
    oldestKeys,
  }
}

/**
 * Loads a customer's oldest results to free `excess` bytes. Loads a few results first. If those don't free
 * enough bytes, loads many.
 */
function loadOldestResults({ oldestKeys }: Statements, customer: string, excess: number, count: number) {
  const few = oldestKeys(customer, oldestResults.few(count))
  const room = few.reduce((sum, row) => sum + row.resultBytes, 0)
  return room >= excess ? few : oldestKeys(customer, oldestResults.many)
}

/**
 * Returns the subscriptions whose accounts the batch needs: the subscriptions of its commands, of the
 * snapshot, and of the loaded holds and events. Omits customers for whom the batch loads every account.
 */
function subscriptionsOf(needs: Needs, loaded: Map<string, LoadedCustomer>): [string, string][] {
  const all = new Set(needs.allAccounts)
  const named = new Map<string, Set<string>>()
  const add = (customer: string, subscription: string) => {
    if (all.has(customer)) return
    const known = named.get(customer)
    if (known) known.add(subscription)
    else named.set(customer, new Set([subscription]))
  }
  for (const [customer, subscription] of needs.subscriptions) add(customer, subscription)
  for (const [customer, { row, holds, events }] of loaded) {
    if (row?.subscription) add(customer, row.subscription)
    for (const { subscription } of [...holds, ...events]) add(customer, subscription)
  }
  return [...named].flatMap(([customer, them]) => [...them].map((it): [string, string] => [customer, it]))
}

/**
 * Returns the part of a query that selects the rows whose columns match an element of a JSON list. CROSS JOIN
 * makes SQLite do one lookup per element.
 */
const each = (name: string, columns: string[], alias = 't', index?: string) => {
  const equal = columns.map((it, position) =>
    columns.length === 1
      ? `${alias}.${column(it)} = j.value`
      : `${alias}.${column(it)} = j.value ->> ${position}`,
  )
  return `json_each(?) j CROSS JOIN metered_${name} ${alias} ${index ? `INDEXED BY ${index}` : ''} ON ${equal.join(' AND ')}`
}

/** Prepares a SELECT. The returned function passes lists as JSON, and runs no query for an empty list. */
function select<Row>(
  db: SqliteDatabase,
  table: Table<Row>,
  from: string,
  without: (keyof Row & string)[] = [],
) {
  const statement = db.prepare(`SELECT ${selectList(table, 't', without)} FROM ${from}`)
  return (...parameters: (string | number | readonly unknown[])[]): Row[] => {
    if (parameters.some((it) => typeof it === 'object' && it.length === 0)) return []
    const bound = parameters.map((it) => (typeof it === 'object' ? JSON.stringify(it) : it))
    // `all` runs the statement to completion. An unfinished statement would keep an old view of the file
    // open.
    return statement.all(...bound).map((row) => table.decode(row))
  }
}
