import { z } from 'zod'
import type { Command } from '../../commands.ts'
import type { LoadedCustomer } from '../../core/draft.ts'
import { customersOf, needsOf, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { LoadedCustomers } from '../LoadedCustomers.ts'
import type { RecentCustomers } from '../recentCustomers.ts'
import { selectList, type Table, tables } from '../tables.ts'
import { databaseTime } from './databaseTime.ts'
import { jsonLiteral } from './jsonLiteral.ts'
import { storedFunction } from './storedFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const { customer, account, hold, key, event } = tables

const select = <Row>(table: Table<Row>, alias: string, without: (keyof Row & string)[] = []) =>
  `SELECT ${selectList(table, alias, without)}`

/**
 * Locks all of the batch's customers, and then loads the rows that the batch needs. One call does both, which
 * saves a round trip. The lock order is always the same, so batches can't deadlock.
 *
 * Loading must be a separate, later statement: the locking statement sees rows as they were before it waited
 * for the lock. It would miss holds that other batches committed during the wait, so the batch would
 * oversell. In a VOLATILE function, each statement sees what was committed before that statement began.
 *
 * Before locking, the function inserts the missing customer rows. Customer rows are never deleted, so it
 * skips the insert if no row is missing.
 *
 * With `synchronous_commit = off`, a crash of the database could lose commands that the ledger has answered.
 * The function therefore turns the setting on until the transaction ends. It doesn't change other values.
 *
 * `$1` is JSON. `needs` lists the rows to load. `known` lists the version, the time and the next expiry of each
 * customer whose rows the node knows. If another node has changed a customer's rows since, or if one of its other
 * holds may be due, the function also loads the customer's rows in `ifChanged`. `now` is the time, or null to use the
 * database's time. `resultBytesPerCustomer` is the size limit for a customer's results. Without `OFFSET 0`, the
 * planner could merge a lookup by customer into the join, and would then read every customer's holds.
 */
export const loadCustomersFunction = storedFunction('load', {
  parameters: ['jsonb'],
  returns: 'json',
  body: `
  DECLARE
    moment bigint;
    changed text[];
  BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    SET LOCAL synchronous_commit = on;
  END IF;
  IF EXISTS (
    SELECT FROM jsonb_array_elements_text($1 -> 'needs' -> 'customers') it
    WHERE NOT EXISTS (SELECT FROM metered.customer c WHERE c.customer = it)
  ) THEN
    INSERT INTO metered.customer (customer)
    SELECT it FROM jsonb_array_elements_text($1 -> 'needs' -> 'customers') it ORDER BY it COLLATE "C"
    ON CONFLICT DO NOTHING;
  END IF;
  PERFORM customer FROM metered.customer
  WHERE customer = ANY (ARRAY (SELECT jsonb_array_elements_text($1 -> 'needs' -> 'customers')))
  ORDER BY customer FOR UPDATE;
  moment := ${databaseTime("($1 ->> 'now')")};
  changed := ARRAY (
    SELECT c.customer FROM jsonb_array_elements($1 -> 'known') j JOIN metered.customer c ON c.customer = j ->> 0
    WHERE c.version <> (j ->> 1)::bigint OR c.time <> (j ->> 2)::bigint
      OR c.time > moment OR (j ->> 3)::bigint <= moment
  );
  RETURN (
  WITH customers AS MATERIALIZED (
    ${select(customer, 'c')}
    FROM jsonb_array_elements_text($1 -> 'needs' -> 'customers') j JOIN metered.customer c ON c.customer = j
  ),
  unknown AS MATERIALIZED (
    SELECT customer, CASE WHEN time > moment THEN ${Number.MAX_SAFE_INTEGER} ELSE moment END AS due_until
    FROM customers
    WHERE customer = ANY (changed) OR customer IN (SELECT jsonb_array_elements_text($1 -> 'needs' -> 'unknown'))
  ),
  needed_holds AS MATERIALIZED (${needed('holds')}),
  needed_keys AS MATERIALIZED (${needed('keys')}),
  needed_events AS MATERIALIZED (${needed('events')}),
  holds AS MATERIALIZED (
    ${select(hold, 'h')}
    FROM needed_holds JOIN metered.hold h ON h.customer = j ->> 0 AND h.attempt = j ->> 1
    UNION ALL
    ${select(hold, 'h')}
    FROM unknown u, LATERAL (
      SELECT * FROM metered.hold h
      WHERE h.customer = u.customer AND h.state = 'held' AND h.expires_at <= u.due_until OFFSET 0
    ) h
    UNION ALL
    ${select(hold, 'h')}
    FROM needed_keys
    JOIN metered.key k ON k.customer = j ->> 0 AND k.procedure = j ->> 1 AND k.key = j ->> 2
    JOIN metered.hold h ON h.customer = k.customer AND h.attempt = k.attempt
  ),
  keys AS MATERIALIZED (
    ${select(key, 'k')}
    FROM needed_keys JOIN metered.key k ON k.customer = j ->> 0 AND k.procedure = j ->> 1 AND k.key = j ->> 2
  ),
  events AS MATERIALIZED (
    ${select(event, 'e')}
    FROM needed_events JOIN metered.event e ON e.customer = j ->> 0 AND e.attempt = j ->> 1 AND e.meter = j ->> 2
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements_text($1 -> 'needs' -> 'sentEvents') j, LATERAL (
      SELECT * FROM metered.event e WHERE e.customer = j AND e.state = 'sent' OFFSET 0
    ) e
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements($1 -> 'needs' -> 'waitingEvents') j, LATERAL (
      SELECT * FROM metered.event e WHERE e.customer = j ->> 0 AND e.state = 'waiting'
      ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
    ) e
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements($1 -> 'needs' -> 'waitingEvents') j, LATERAL (
      SELECT * FROM metered.event e
      WHERE e.customer = j ->> 0 AND e.reason IS NOT NULL AND e.state = 'parked'
        AND (e.retry_at <= moment OR e.parked_at > moment)
      ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
    ) e
  ),
  accounts AS MATERIALIZED (
    ${select(account, 'a')}
    FROM unknown u JOIN metered.account a ON a.customer = u.customer
  ),
  overflows AS MATERIALIZED (
    SELECT *, (
      SELECT sum(result_bytes) FROM (
        SELECT k.result_bytes FROM metered.key k
        WHERE k.customer = it.customer AND k.result_bytes > 0 ORDER BY k.prune_at LIMIT it.few
      ) k
    ) AS few_bytes
    FROM (
      SELECT c.customer, (j ->> 2)::bigint AS few,
        c."resultBytes" + (j ->> 1)::bigint - ($1 ->> 'resultBytesPerCustomer')::bigint AS over
      FROM jsonb_array_elements($1 -> 'needs' -> 'results') j JOIN customers c ON c.customer = j ->> 0
    ) it
    WHERE over > 0
  ),
  oldest AS MATERIALIZED (
    ${select(key, 'k', ['result'])}
    FROM overflows o, LATERAL (
      SELECT * FROM metered.key k WHERE k.customer = o.customer AND k.result_bytes > 0
      ORDER BY k.prune_at LIMIT CASE WHEN o.few_bytes >= o.over THEN o.few ELSE ${oldestResults.many} END
    ) k
  )
  SELECT json_build_object(
    'now', moment,
    'changed', changed,
    'customers', (SELECT coalesce(json_agg(it), '[]') FROM customers it WHERE customer IN (SELECT customer FROM unknown)),
    'nextExpiries', (
      SELECT coalesce(json_object_agg(u.customer, (
        SELECT min(h.expires_at) FROM metered.hold h
        WHERE h.customer = u.customer AND h.state = 'held' AND h.expires_at > u.due_until
      )), '{}') FROM unknown u
    ),
    'accounts', (SELECT coalesce(json_agg(it), '[]') FROM accounts it),
    'holds', (SELECT coalesce(json_agg(it), '[]') FROM holds it),
    'keys', (SELECT coalesce(json_agg(it), '[]') FROM keys it),
    'events', (SELECT coalesce(json_agg(it), '[]') FROM events it),
    'oldest', (SELECT coalesce(json_agg(it ORDER BY it."pruneAt"), '[]') FROM oldest it)
  ));
  END;`,
})

/** Returns a query for the elements of a list in `needs`, and in `ifChanged` if the customer's rows have changed. */
function needed(list: string): string {
  return `SELECT j FROM jsonb_array_elements($1 -> 'needs' -> '${list}') j
    UNION ALL
    SELECT j FROM jsonb_array_elements($1 -> 'ifChanged' -> '${list}') j WHERE j ->> 0 = ANY (changed)`
}

const rows = z.array(z.unknown())
const answer = z.tuple([
  z.object({
    loaded: z.object({
      now: z.number(),
      changed: z.array(z.string()),
      customers: rows,
      nextExpiries: z.record(z.string(), z.number().nullable()),
      accounts: rows,
      holds: rows,
      keys: rows,
      events: rows,
      oldest: rows,
    }),
  }),
])

const nothingKnown: ReadonlyMap<string, LoadedCustomer> = new Map()

/**
 * Opens the transaction, locks the batch's customers, and loads the time and the rows that the batch needs and the
 * node doesn't know.
 *
 * @returns the batch's rows, and whether some of them were known.
 */
export async function loadCustomers(
  transaction: PostgresTransaction,
  commands: readonly Command[],
  { recent, now, settings }: { recent: RecentCustomers; now: number | null; settings: LedgerSettings },
): Promise<{ loaded: Map<string, LoadedCustomer>; now: number; usesKnownRows: boolean }> {
  const known = new Map<string, LoadedCustomer>()
  for (const [name, { rows: its }] of recent.take(customersOf(commands))) known.set(name, its)
  const needs = needsOf(commands, known)
  const results = [...needs.results].map(([name, { bytes, count }]) => [
    name,
    bytes,
    oldestResults.few(count),
  ])
  const { holds, keys, events } = needsOf(
    commands.filter((command) => known.has(command.customer)),
    nothingKnown,
  )
  const parameter = jsonLiteral({
    needs: { ...needs, results },
    known: Array.from(known, ([name, { row, nextExpiry }]) => [
      name,
      row?.version,
      row?.time,
      Number.isFinite(nextExpiry) ? nextExpiry : null,
    ]),
    ifChanged: { holds, keys, events },
    now,
    resultBytesPerCustomer: settings.resultBytesPerCustomer,
  })
  const [{ loaded: found }] = answer.parse(
    await transaction.begin(`SELECT ${loadCustomersFunction.name}(${parameter}) AS loaded`),
  )
  for (const name of found.changed) known.delete(name)
  const loaded = new LoadedCustomers(needs.customers, known)
  for (const row of found.customers.map(customer.decode)) {
    Object.assign(loaded.of(row.customer), {
      row,
      nextExpiry: found.nextExpiries[row.customer] ?? Number.POSITIVE_INFINITY,
    })
  }
  loaded.addAccounts(found.accounts.map(account.decode))
  loaded.addHolds(found.holds.map(hold.decode))
  loaded.addKeys(found.keys.map(key.decode))
  loaded.addEvents(found.events.map(event.decode))
  for (const row of found.oldest.map(key.decode)) loaded.of(row.customer).oldestResults.push(row)
  return { loaded: loaded.byCustomer, now: found.now, usesKnownRows: known.size > 0 }
}
