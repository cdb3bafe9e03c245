import { oldestResults } from '../../core/needs.ts'
import { selectList, type Table, tables } from '../tables.ts'
import type { BatchBy } from './batchBy.ts'
import { databaseTime } from './databaseTime.ts'
import { bucketParameter, type LoadList, list, loadTypes, numbers } from './loadParameters.ts'
import { tuplesLiteral } from './rowType.ts'
import { oneBucket, type StoredFunction, storedFunction } from './storedFunction.ts'

const { customer, account, hold, key, event, budget, act, label } = tables

/** Selects the rows of the table `t` as JSON. */
const asJson = <Row>(table: Table<Row>, from: string, without: (keyof Row & string)[] = []) =>
  `(SELECT json_agg(it) FROM (SELECT ${selectList(table, 't', without)} FROM ${from}) it)`

/** Selects the rows of a list. For changed customers, also selects the rows of the list `…IfChanged`. */
const needed = (name: 'holds' | 'keys' | 'events') => `(
  SELECT * FROM unnest(${list(name)}) UNION ALL
  SELECT * FROM unnest(${list(`${name}IfChanged`)}) WHERE customer = ANY (loading)
) r`

/** Returns the SQL condition that the batch needs rows of the list. */
const isNeeded = (name: LoadList) => `cardinality(${list(name)}) > 0`

const maxTime = Number.MAX_SAFE_INTEGER
const dueUntil = `CASE WHEN c.time > moment THEN ${maxTime} ELSE moment END`

/**
 * Locks all of the batch's customers, and then loads the rows that the batch needs. Doing both in one call saves
 * a round trip. The lock order is always the same, so batches can't deadlock.
 *
 * Rows must be loaded in later statements. The locking statement sees only the locked rows in their current
 * state. It sees all other rows as they were before it waited for the lock. If this statement loaded holds,
 * it would miss the holds that other batches committed during the wait, and the batch would oversell. In a
 * VOLATILE function, each statement sees all commits from before that statement began.
 *
 * If customer rows are missing, the function inserts them and locks again. If this second attempt would have
 * to wait, the function fails, because it already holds locks and waiting could cause a deadlock. The batch
 * is then retried.
 *
 * With `synchronous_commit = off`, a crash of the database could undo commands that callers think are
 * committed. The function therefore turns the setting on until the transaction ends. The function doesn't
 * change any other value of this setting.
 *
 * `customers` lists the customers. If the node knows a customer's rows, the list also contains their version,
 * time and next expiry. The function loads a customer's rows if the node doesn't know them, if another node
 * has changed them since, or if the customer has other holds that may be due. In the last two cases, it also
 * loads the customer's rows in `holdsIfChanged`, `keysIfChanged` and `eventsIfChanged`. The other lists
 * contain the same rows as in `Needs`. The first column of every list is the customer's bucket. Every list
 * except `customers` can be null.
 *
 * Each kind of row has its own statement. The statement runs only if the batch needs such rows, because even
 * a statement that finds no rows has a cost. Without `OFFSET 0`, the planner could merge a lookup by customer
 * into the join, and would then read every customer's holds.
 */
function describeLoadCustomers(batchBy: BatchBy): StoredFunction {
  const bucketIn = (source: string) => (batchBy === 'bucket' ? bucketParameter : source)
  /** Returns the SQL condition that the row `row` belongs to the same customer as the row `of`. */
  const isOf = (of: string, row: string) =>
    `${row}.bucket = ${bucketIn(`${of}.bucket`)} AND ${row}.customer = ${of}.customer`
  /** Selects a table's rows for the customers to load. `alias` names the table. */
  const ofLoading = (table: string, alias: string) =>
    `unnest(loading_buckets, loading) l (bucket, customer) JOIN metered.${table} ${alias} ON ${isOf('l', alias)}`
  const lockCustomers = (wait: string) => `
  SELECT count(*), bool_and(coalesce(version = known_version AND time = known_time, false)), max(time), min(expiry)
  INTO locked, unchanged, latest, next_expiry
  FROM (
    SELECT t.version, t.time, r.version AS known_version, r.time AS known_time, r.next_expiry AS expiry
    FROM unnest(${list('customers')}) r JOIN metered.customer t ON ${isOf('r', 't')}
    ORDER BY t.customer FOR UPDATE OF t ${wait}
  ) it;`
  return storedFunction('load', {
    parameters: ['bigint', 'bigint', ...Object.values(loadTypes).map(({ name }) => `${name}[]`)],
    batchBy,
    returns: 'json',
    variables: `
    locked bigint; unchanged boolean; latest bigint; next_expiry bigint; moment bigint;
    loading text[]; loading_buckets smallint[];
    customers json; accounts json; holds json; due_holds json; key_holds json; keys json;
    events json; acts json; labels json; sent_events json; waiting_events json; parked_events json; used_since json; oldest json;`,
    body: `
  IF current_setting('synchronous_commit') = 'off' THEN
    SET LOCAL synchronous_commit = on;
  END IF;
  ${lockCustomers('')}
  IF locked < cardinality(${list('customers')}) THEN
    INSERT INTO metered.customer (bucket, customer)
    SELECT ${bucketIn('r.bucket')}, r.customer FROM unnest(${list('customers')}) r ORDER BY r.customer COLLATE "C"
    ON CONFLICT DO NOTHING;
    ${lockCustomers('NOWAIT')}
  END IF;
  moment := ${databaseTime(numbers.now)};
  IF NOT unchanged OR latest > moment OR next_expiry <= moment THEN
    SELECT array_agg(t.bucket), array_agg(t.customer) INTO loading_buckets, loading
    FROM unnest(${list('customers')}) r JOIN metered.customer t ON ${isOf('r', 't')}
    WHERE r.version IS NULL OR t.version <> r.version OR t.time <> r.time
      OR t.time > moment OR r.next_expiry <= moment;
    customers := (SELECT json_agg(it) FROM (
      SELECT ${selectList(customer, 'c')}, (
        SELECT min(h.expires_at) FROM metered.hold h
        WHERE ${isOf('c', 'h')} AND h.state = 'held' AND h.expires_at > ${dueUntil}
      ) AS "nextExpiry", CASE WHEN c.budgets > 0 THEN ${asJson(
        budget,
        `metered.budget t WHERE ${isOf('c', 't')}`,
      )} END AS "budgetRows" FROM ${ofLoading('customer', 'c')}
    ) it);
    accounts := ${asJson(account, ofLoading('account', 't'))};
    due_holds := ${asJson(
      hold,
      `${ofLoading('customer', 'c')}, LATERAL (
        SELECT * FROM metered.hold h
        WHERE ${isOf('c', 'h')} AND h.state = 'held' AND h.expires_at <= ${dueUntil} OFFSET 0
      ) t`,
    )};
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('holds')} THEN
    holds := ${asJson(
      hold,
      `${needed('holds')} JOIN metered.hold t ON ${isOf('r', 't')} AND t.attempt = r.attempt`,
    )};
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('keys')} THEN
    keys := ${asJson(
      key,
      `${needed('keys')} JOIN metered.key t ON ${isOf('r', 't')} AND t.procedure = r.procedure AND t.key = r.key`,
    )};
    IF keys IS NOT NULL THEN
      key_holds := ${asJson(
        hold,
        `${needed('keys')}
        JOIN metered.key k ON ${isOf('r', 'k')} AND k.procedure = r.procedure AND k.key = r.key
        JOIN metered.hold t ON ${isOf('k', 't')} AND t.attempt = k.attempt`,
      )};
    END IF;
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('events')} THEN
    events := ${asJson(
      event,
      `${needed('events')}
      JOIN metered.event t ON ${isOf('r', 't')} AND t.attempt = r.attempt AND t.meter = r.meter`,
    )};
  END IF;
  IF ${isNeeded('acts')} THEN
    acts := ${asJson(
      act,
      `unnest(${list('acts')}) r JOIN metered.act t ON ${isOf('r', 't')} AND t.id = r.id`,
    )};
  END IF;
  IF ${isNeeded('labels')} THEN
    labels := ${asJson(
      label,
      `unnest(${list('labels')}) r JOIN metered.label t
        ON ${isOf('r', 't')} AND t.meter = r.meter AND t.dimension = r.dimension AND t.value = r.value`,
    )};
  END IF;
  IF ${isNeeded('sentEvents')} THEN
    sent_events := ${asJson(
      event,
      `unnest(${list('sentEvents')}) r, LATERAL (
        SELECT * FROM metered.event e WHERE ${isOf('r', 'e')} AND e.state = 'sent' OFFSET 0
      ) t`,
    )};
  END IF;
  IF ${isNeeded('waitingEvents')} THEN
    waiting_events := ${asJson(
      event,
      `unnest(${list('waitingEvents')}) r, LATERAL (
        SELECT * FROM metered.event e WHERE ${isOf('r', 'e')} AND e.state = 'waiting'
        ORDER BY e.at, e.attempt, e.meter LIMIT r.at_most
      ) t`,
    )};
    parked_events := ${asJson(
      event,
      `unnest(${list('waitingEvents')}) r, LATERAL (
        SELECT * FROM metered.event e
        WHERE ${isOf('r', 'e')} AND e.reason IS NOT NULL AND e.state = 'parked'
          AND (e.retry_at <= moment OR e.parked_at > moment)
        ORDER BY e.at, e.attempt, e.meter LIMIT r.at_most
      ) t`,
    )};
  END IF;
  IF ${isNeeded('usedSince')} THEN
    used_since := (SELECT json_agg(it) FROM (
      SELECT r.customer, r.meter, r.since, r.dimension, r.value, CASE WHEN r.dimension <> '' THEN (
        SELECT coalesce(sum(l.amount), 0) FROM metered.daily_label l
        WHERE ${isOf('r', 'l')} AND l.dimension = r.dimension AND l.day >= r.first_day
          AND l.meter = r.meter AND l.value = r.value
      ) ELSE (
        SELECT coalesce(sum(d.amount), 0) FROM metered.daily d
        WHERE ${isOf('r', 'd')} AND d.meter = r.meter AND d.day >= r.first_day
      ) + (
        SELECT coalesce(sum(e.amount), 0) FROM metered.event e
        WHERE ${isOf('r', 'e')} AND e.meter = r.meter AND e.at >= 0 AND e.at >= r.since AND e.at < r.first_day_start
      ) END AS units FROM unnest(${list('usedSince')}) r
    ) it);
  END IF;
  IF ${isNeeded('results')} THEN
    oldest := ${asJson(
      key,
      `(
        SELECT *, (
          SELECT sum(result_bytes) FROM (
            SELECT k.result_bytes FROM metered.key k
            WHERE ${isOf('it', 'k')} AND k.result_bytes > 0 ORDER BY k.prune_at LIMIT it.few
          ) k
        ) AS few_bytes
        FROM (
          SELECT c.bucket, c.customer, r.few, c.result_bytes + r.bytes - ${numbers.resultBytesPerCustomer} AS over
          FROM unnest(${list('results')}) r JOIN metered.customer c ON ${isOf('r', 'c')}
        ) it
        WHERE over > 0
      ) o, LATERAL (
        SELECT * FROM metered.key k WHERE ${isOf('o', 'k')} AND k.result_bytes > 0
        ORDER BY k.prune_at LIMIT CASE WHEN o.few_bytes >= o.over THEN o.few ELSE ${oldestResults.many} END
      ) t ORDER BY t.prune_at`,
      ['result'],
    )};
  END IF;
  RETURN json_build_object(
    'now', moment, 'usedSince', used_since, 'loading', to_json(loading), 'customers', customers, 'accounts', accounts, 'acts', acts, 'labels', labels, 'keys', keys, 'oldest', oldest,
    'holds', json_build_array(holds, due_holds, key_holds),
    'events', json_build_array(events, sent_events, waiting_events, parked_events)
  );`,
  })
}

export const loadCustomersFunctions = {
  any: describeLoadCustomers('any'),
  bucket: describeLoadCustomers('bucket'),
}

/** A row of a list: the customer, followed by the other fields. */
type Tuple = readonly [customer: string, ...unknown[]]

export function callLoadCustomers(
  { now, resultBytesPerCustomer }: { now: number | null; resultBytesPerCustomer: number },
  given: Record<LoadList, readonly Tuple[]>,
  { batchBy, bucketOf }: { batchBy: BatchBy; bucketOf: (customer: string) => number },
): string {
  const literal = (tuples: readonly Tuple[]) =>
    tuples.length === 0 ? 'NULL' : tuplesLiteral(tuples, bucketOf)
  const values = [
    String(now ?? 'NULL'),
    String(resultBytesPerCustomer),
    literal(given.customers),
    literal(given.holds),
    literal(given.keys),
    literal(given.events),
    literal(given.holdsIfChanged),
    literal(given.keysIfChanged),
    literal(given.eventsIfChanged),
    literal(given.acts),
    literal(given.labels),
    literal(given.sentEvents),
    literal(given.waitingEvents),
    literal(given.usedSince),
    literal(given.results),
  ]
  const [first] = given.customers
  if (batchBy === 'bucket' && first) values.push(oneBucket(bucketOf(first[0])))
  return `SELECT ${loadCustomersFunctions[batchBy].name}(${values.join(', ')}) AS loaded`
}
