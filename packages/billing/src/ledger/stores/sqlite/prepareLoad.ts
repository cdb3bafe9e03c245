import { z } from 'zod'
import type { LoadedCustomer } from '../../core/loadedCustomer.ts'
import { type Needs, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { LoadedCustomers } from '../LoadedCustomers.ts'
import { column, selectList, type Table, tables } from '../tables.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/**
 * The condition of the index `metered_event_undelivered`. SQLite uses a partial index only if the query repeats
 * the index's condition literally. With `INDEXED BY`, a query that can't use the index fails instead of reading a
 * customer's whole history.
 */
const undelivered = `t.state IN ('waiting', 'sent')`

/**
 * Returns a function that adds the rows that a batch needs to the known rows. Call the function inside the
 * write transaction. Each statement loads all rows that its JSON parameter lists.
 */
export function prepareLoad(db: SqliteDatabase, settings: LedgerSettings) {
  const statements = prepareStatements(db)
  return (needs: Needs, known: ReadonlyMap<string, LoadedCustomer>, now: number) => {
    const loaded = new LoadedCustomers(needs.customers, known)
    loadUnknown(statements, needs.unknown, loaded, now)
    loaded.addHolds(statements.holds(needs.holds))
    loaded.addKeys(statements.keys(needs.keys))
    loaded.addHolds(statements.holdsOfKeys(needs.keys))
    loaded.addEvents(statements.events(needs.events))
    loaded.addActs(statements.acts(needs.acts))
    loaded.addLabels(needs.labels, statements.labels(needs.labels))
    loaded.addEvents(statements.sentEvents(needs.sentEvents))
    for (const [name, atMost] of needs.waitingEvents) {
      loaded.addEvents(statements.waitingEvents(name, atMost))
      loaded.addEvents(statements.parkedEvents(name, now, now, atMost))
    }
    for (const query of needs.usedSince) {
      const [customer, meter, since, , , dimension, value] = query
      loaded.addUsedSince({ customer, meter, since, dimension, value }, statements.usedSince(...query))
    }
    for (const [name, results] of needs.results) {
      const rows = loaded.of(name)
      const excess = (rows.row?.resultBytes ?? 0) + results.bytes - settings.resultBytesPerCustomer
      if (excess > 0) rows.oldestResults = loadOldestResults(statements, name, excess, results.count)
    }
    return loaded.byCustomer
  }
}

/** Loads the customers' rows, accounts, budgets and due holds, and the earliest expiry of their other holds. */
function loadUnknown(statements: Statements, unknown: string[], loaded: LoadedCustomers, now: number): void {
  let dueUntil = now
  for (const row of statements.customers(unknown)) {
    loaded.of(row.customer).row = row
    if (row.time > now) dueUntil = Number.MAX_SAFE_INTEGER
    if (row.budgets > 0) loaded.addBudgets(statements.budgets([row.customer]))
  }
  loaded.addAccounts(statements.accounts(unknown))
  loaded.addHolds(statements.dueHolds(unknown, dueUntil))
  for (const { customer, expiresAt } of statements.nextExpiries(unknown, dueUntil)) {
    loaded.of(customer).nextExpiry = expiresAt ?? Number.POSITIVE_INFINITY
  }
}

const usedUnits = z.object({ units: z.number() })
const nextExpiry = z.object({ customer: z.string(), expiresAt: z.number().nullable() })

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(db: SqliteDatabase) {
  const { customer, account, hold, key, event, budget, act, label } = tables
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
  const acts = select(db, act, each('act', ['customer', 'id']))
  const labels = select(db, label, each('label', ['customer', 'meter', 'dimension', 'value']))
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
  const accounts = select(db, account, each('account', ['customer']))
  const budgets = select(db, budget, each('budget', ['customer']))
  const usedSince = db.prepare(
    `SELECT CASE WHEN ?6 <> '' THEN (
       SELECT coalesce(sum(amount), 0) FROM metered_daily_label
       WHERE customer = ?1 AND dimension = ?6 AND day >= ?4 AND meter = ?2 AND value = ?7
     ) ELSE (
       SELECT coalesce(sum(amount), 0) FROM metered_daily WHERE customer = ?1 AND meter = ?2 AND day >= ?4
     ) + (
       SELECT coalesce(sum(amount), 0) FROM metered_event INDEXED BY metered_event_charges
       WHERE customer = ?1 AND meter = ?2 AND at >= ?3 AND at < ?5
     ) END AS units`,
  )
  const nextExpiries = db.prepare(
    `SELECT j.value AS customer, (
       SELECT min(expires_at) FROM metered_hold INDEXED BY metered_hold_due
       WHERE customer = j.value AND state = 'held' AND expires_at > ?2
     ) AS "expiresAt" FROM json_each(?1) j`,
  )
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
    acts,
    labels,
    sentEvents,
    waitingEvents,
    parkedEvents,
    accounts,
    budgets,
    usedSince: (...parameters: Needs['usedSince'][number]) =>
      usedUnits.parse(usedSince.get(...parameters)).units,
    oldestKeys,
    nextExpiries: (customers: string[], after: number) =>
      customers.length === 0
        ? []
        : z.array(nextExpiry).parse(nextExpiries.all(JSON.stringify(customers), after)),
  }
}

/**
 * Loads a customer's oldest results to free `excess` bytes. Loads many results only if a few don't free enough
 * bytes.
 */
function loadOldestResults({ oldestKeys }: Statements, customer: string, excess: number, count: number) {
  const few = oldestKeys(customer, oldestResults.few(count))
  const room = few.reduce((sum, row) => sum + row.resultBytes, 0)
  return room >= excess ? few : oldestKeys(customer, oldestResults.many)
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
