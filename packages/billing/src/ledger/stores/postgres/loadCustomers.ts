import { z } from 'zod'
import type { LoadedCustomer } from '../../core/draft.ts'
import { type Needs, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { loadedCustomers } from '../loadedCustomers.ts'
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
 * `$1` is `Needs` as JSON, with the time (null to use the database's time) and the size limit for a
 * customer's results. Without `OFFSET 0`, the planner could merge a lookup by customer into the join, and
 * would then read every customer's holds.
 */
export const loadCustomersFunction = storedFunction('load', {
  parameters: ['jsonb'],
  returns: 'json',
  body: `
  IF current_setting('synchronous_commit') = 'off' THEN
    SET LOCAL synchronous_commit = on;
  END IF;
  IF EXISTS (
    SELECT FROM jsonb_array_elements_text($1 -> 'customers') it
    WHERE NOT EXISTS (SELECT FROM metered.customer c WHERE c.customer = it)
  ) THEN
    INSERT INTO metered.customer (customer)
    SELECT it FROM jsonb_array_elements_text($1 -> 'customers') it ORDER BY it COLLATE "C" ON CONFLICT DO NOTHING;
  END IF;
  PERFORM customer FROM metered.customer
  WHERE customer = ANY (ARRAY (SELECT jsonb_array_elements_text($1 -> 'customers')))
  ORDER BY customer FOR UPDATE;
  RETURN (
  WITH clock AS MATERIALIZED (
    SELECT ${databaseTime("($1 ->> 'now')")} AS now
  ),
  customers AS MATERIALIZED (
    ${select(customer, 'c')}
    FROM jsonb_array_elements_text($1 -> 'customers') j JOIN metered.customer c ON c.customer = j
  ),
  holds AS MATERIALIZED (
    ${select(hold, 'h')}
    FROM jsonb_array_elements($1 -> 'holds') j
    JOIN metered.hold h ON h.customer = j ->> 0 AND h.attempt = j ->> 1
    UNION ALL
    ${select(hold, 'h')}
    FROM jsonb_array_elements_text($1 -> 'dueHolds') j JOIN customers c ON c.customer = j, clock, LATERAL (
      SELECT * FROM metered.hold h
      WHERE h.customer = j AND h.state = 'held'
        AND h.expires_at <= CASE WHEN c.time > clock.now THEN ${Number.MAX_SAFE_INTEGER} ELSE clock.now END OFFSET 0
    ) h
    UNION ALL
    ${select(hold, 'h')}
    FROM jsonb_array_elements($1 -> 'keys') j
    JOIN metered.key k ON k.customer = j ->> 0 AND k.procedure = j ->> 1 AND k.key = j ->> 2
    JOIN metered.hold h ON h.customer = k.customer AND h.attempt = k.attempt
  ),
  keys AS MATERIALIZED (
    ${select(key, 'k')}
    FROM jsonb_array_elements($1 -> 'keys') j
    JOIN metered.key k ON k.customer = j ->> 0 AND k.procedure = j ->> 1 AND k.key = j ->> 2
  ),
  events AS MATERIALIZED (
    ${select(event, 'e')}
    FROM jsonb_array_elements($1 -> 'events') j
    JOIN metered.event e ON e.customer = j ->> 0 AND e.attempt = j ->> 1 AND e.meter = j ->> 2
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements_text($1 -> 'sentEvents') j, LATERAL (
      SELECT * FROM metered.event e WHERE e.customer = j AND e.state = 'sent' OFFSET 0
    ) e
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements($1 -> 'waitingEvents') j, LATERAL (
      SELECT * FROM metered.event e WHERE e.customer = j ->> 0 AND e.state = 'waiting'
      ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
    ) e
    UNION ALL
    ${select(event, 'e')}
    FROM jsonb_array_elements($1 -> 'waitingEvents') j, clock, LATERAL (
      SELECT * FROM metered.event e
      WHERE e.customer = j ->> 0 AND e.reason IS NOT NULL AND e.state = 'parked'
        AND (e.retry_at <= clock.now OR e.parked_at > clock.now)
      ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
    ) e
  ),
  subscriptions AS MATERIALIZED (
    SELECT customer, subscription FROM customers WHERE subscription IS NOT NULL
    UNION SELECT customer, subscription FROM holds
    UNION SELECT customer, subscription FROM events
    UNION SELECT j ->> 0, j ->> 1 FROM jsonb_array_elements($1 -> 'subscriptions') j
  ),
  accounts AS MATERIALIZED (
    ${select(account, 'a')}
    FROM subscriptions s JOIN metered.account a ON a.customer = s.customer AND a.subscription = s.subscription
    UNION
    ${select(account, 'a')}
    FROM jsonb_array_elements_text($1 -> 'allAccounts') j JOIN metered.account a ON a.customer = j
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
      FROM jsonb_array_elements($1 -> 'results') j JOIN customers c ON c.customer = j ->> 0
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
    'now', (SELECT now FROM clock),
    'customers', (SELECT coalesce(json_agg(it), '[]') FROM customers it),
    'accounts', (SELECT coalesce(json_agg(it), '[]') FROM accounts it),
    'holds', (SELECT coalesce(json_agg(it), '[]') FROM holds it),
    'keys', (SELECT coalesce(json_agg(it), '[]') FROM keys it),
    'events', (SELECT coalesce(json_agg(it), '[]') FROM events it),
    'oldest', (SELECT coalesce(json_agg(it ORDER BY it."pruneAt"), '[]') FROM oldest it)
  ));`,
})

const rows = z.array(z.unknown())
const answer = z.tuple([
  z.object({
    loaded: z.object({
      now: z.number(),
      customers: rows,
      accounts: rows,
      holds: rows,
      keys: rows,
      events: rows,
      oldest: rows,
    }),
  }),
])

/** Opens the transaction, locks the batch's customers, and loads the rows that the batch needs and the time. */
export async function loadCustomers(
  transaction: PostgresTransaction,
  needs: Needs,
  now: number | null,
  { resultBytesPerCustomer }: LedgerSettings,
): Promise<{ loaded: Map<string, LoadedCustomer>; now: number }> {
  const results = [...needs.results].map(([name, { bytes, count }]) => [
    name,
    bytes,
    oldestResults.few(count),
  ])
  const lists = jsonLiteral({ ...needs, results, now, resultBytesPerCustomer })
  const [{ loaded: found }] = answer.parse(
    await transaction.begin(`SELECT ${loadCustomersFunction.name}(${lists}) AS loaded`),
  )
  const { loaded, of } = loadedCustomers(needs.customers)
  for (const row of found.customers.map(customer.decode)) of(row.customer).row = row
  for (const row of found.accounts.map(account.decode)) of(row.customer).accounts.push(row)
  for (const row of found.holds.map(hold.decode)) of(row.customer).holds.push(row)
  for (const row of found.keys.map(key.decode)) of(row.customer).keys.push(row)
  for (const row of found.events.map(event.decode)) of(row.customer).events.push(row)
  for (const row of found.oldest.map(key.decode)) of(row.customer).oldestResults.push(row)
  return { loaded, now: found.now }
}
