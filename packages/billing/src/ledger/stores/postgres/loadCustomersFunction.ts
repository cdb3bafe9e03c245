import { oldestResults } from '../../core/needs.ts'
import { selectList, type Table, tables } from '../tables.ts'
import { databaseTime } from './databaseTime.ts'
import { storedFunction } from './storedFunction.ts'

const { customer, account, hold, key, event, act } = tables

/** Selects the rows of the table `t` as JSON. */
const asJson = <Row>(table: Table<Row>, from: string, without: (keyof Row & string)[] = []) =>
  `(SELECT json_agg(it) FROM (SELECT ${selectList(table, 't', without)} FROM ${from}) it)`

/**
 * The elements of a list in the parameter. For customers that have changed, also the elements of the same
 * list in `ifChanged`.
 */
const needed = (list: string) => `(
  SELECT j FROM jsonb_array_elements($1 -> '${list}') j
  UNION ALL
  SELECT j FROM jsonb_array_elements($1 -> 'ifChanged' -> '${list}') j WHERE j ->> 0 = ANY (loading)
) needed`

/** Whether a batch needs the rows of a list. */
const isNeeded = (list: string) => `jsonb_array_length($1 -> '${list}') > 0`

const lockCustomers = (wait: string) => `
  SELECT count(*), bool_and(coalesce(version = known_version AND time = known_time, false)), max(time), min(expiry)
  INTO locked, unchanged, latest, next_expiry
  FROM (
    SELECT t.version, t.time, (j ->> 1)::bigint AS known_version, (j ->> 2)::bigint AS known_time,
      (j ->> 3)::bigint AS expiry
    FROM jsonb_array_elements($1 -> 'customers') j JOIN metered.customer t ON t.customer = j ->> 0
    ORDER BY t.customer FOR UPDATE OF t ${wait}
  ) it;`

const maxTime = Number.MAX_SAFE_INTEGER
const dueUntil = `CASE WHEN c.time > moment THEN ${maxTime} ELSE moment END`

/**
 * Locks all of the batch's customers, and then loads the rows that the batch needs. One call does both, which
 * saves a round trip. The lock order is always the same, so batches can't deadlock.
 *
 * Rows must be loaded in later statements. In the locking statement, only the locked rows are current. It
 * sees all other rows as they were before it waited for the lock, so it would miss holds that other batches
 * committed during the wait, and the batch would oversell. In a VOLATILE function, each statement sees what
 * was committed before that statement began.
 *
 * If customer rows are missing, the function inserts them and locks again. If this second attempt would have
 * to wait, the function fails, because it already holds locks and waiting could cause a deadlock. The batch
 * is then retried.
 *
 * With `synchronous_commit = off`, a crash of the database could lose commands that the ledger has answered.
 * The function therefore turns the setting on until the transaction ends. It leaves all other values of the
 * setting unchanged.
 *
 * `$1` is JSON. `customers` lists the customers. If the node knows a customer's rows, the list also contains
 * their version, time and next expiry. The function loads a customer's rows if the node doesn't know them, if
 * another node has changed them since, or if the customer has other holds that may be due. In the last two
 * cases, it also loads the customer's rows in `ifChanged`. The other lists are those of `Needs`. Any list can
 * be missing. `now` is the time, or null to use the database's time. `resultBytesPerCustomer` is the size
 * limit for a customer's results.
 *
 * Each kind of row has its own statement, which runs only if the batch needs it. Even a statement that finds
 * no rows has a cost. Without `OFFSET 0`, the planner could merge a lookup by customer into the join, and
 * would then read every customer's holds.
 */
export const loadCustomersFunction = storedFunction('load', {
  parameters: ['jsonb'],
  returns: 'json',
  variables: `
    locked bigint; unchanged boolean; latest bigint; next_expiry bigint; moment bigint; loading text[];
    customers json; next_expiries json; accounts json; holds json; due_holds json; key_holds json; keys json;
    events json; acts json; sent_events json; waiting_events json; parked_events json; oldest json;`,
  body: `
  IF current_setting('synchronous_commit') = 'off' THEN
    SET LOCAL synchronous_commit = on;
  END IF;
  ${lockCustomers('')}
  IF locked < jsonb_array_length($1 -> 'customers') THEN
    INSERT INTO metered.customer (customer)
    SELECT j ->> 0 FROM jsonb_array_elements($1 -> 'customers') j ORDER BY (j ->> 0) COLLATE "C"
    ON CONFLICT DO NOTHING;
    ${lockCustomers('NOWAIT')}
  END IF;
  moment := ${databaseTime("($1 ->> 'now')")};
  IF NOT unchanged OR latest > moment OR next_expiry <= moment THEN
    loading := ARRAY (
      SELECT t.customer FROM jsonb_array_elements($1 -> 'customers') j JOIN metered.customer t ON t.customer = j ->> 0
      WHERE j ->> 1 IS NULL OR t.version <> (j ->> 1)::bigint OR t.time <> (j ->> 2)::bigint
        OR t.time > moment OR (j ->> 3)::bigint <= moment
    );
    customers := ${asJson(customer, 'metered.customer t WHERE t.customer = ANY (loading)')};
    accounts := ${asJson(account, 'metered.account t WHERE t.customer = ANY (loading)')};
    due_holds := ${asJson(
      hold,
      `metered.customer c, LATERAL (
        SELECT * FROM metered.hold h
        WHERE h.customer = c.customer AND h.state = 'held' AND h.expires_at <= ${dueUntil} OFFSET 0
      ) t WHERE c.customer = ANY (loading)`,
    )};
    next_expiries := (
      SELECT json_agg(json_build_array(c.customer, (
        SELECT min(h.expires_at) FROM metered.hold h
        WHERE h.customer = c.customer AND h.state = 'held' AND h.expires_at > ${dueUntil}
      ))) FROM metered.customer c WHERE c.customer = ANY (loading)
    );
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('holds')} THEN
    holds := ${asJson(
      hold,
      `${needed('holds')} JOIN metered.hold t ON t.customer = j ->> 0 AND t.attempt = j ->> 1`,
    )};
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('keys')} THEN
    keys := ${asJson(
      key,
      `${needed('keys')} JOIN metered.key t ON t.customer = j ->> 0 AND t.procedure = j ->> 1 AND t.key = j ->> 2`,
    )};
    IF keys IS NOT NULL THEN
      key_holds := ${asJson(
        hold,
        `${needed('keys')}
        JOIN metered.key k ON k.customer = j ->> 0 AND k.procedure = j ->> 1 AND k.key = j ->> 2
        JOIN metered.hold t ON t.customer = k.customer AND t.attempt = k.attempt`,
      )};
    END IF;
  END IF;
  IF loading IS NOT NULL OR ${isNeeded('events')} THEN
    events := ${asJson(
      event,
      `${needed('events')}
      JOIN metered.event t ON t.customer = j ->> 0 AND t.attempt = j ->> 1 AND t.meter = j ->> 2`,
    )};
  END IF;
  IF ${isNeeded('acts')} THEN
    acts := ${asJson(
      act,
      `jsonb_array_elements($1 -> 'acts') j JOIN metered.act t ON t.customer = j ->> 0 AND t.id = j ->> 1`,
    )};
  END IF;
  IF ${isNeeded('sentEvents')} THEN
    sent_events := ${asJson(
      event,
      `jsonb_array_elements_text($1 -> 'sentEvents') j, LATERAL (
        SELECT * FROM metered.event e WHERE e.customer = j AND e.state = 'sent' OFFSET 0
      ) t`,
    )};
  END IF;
  IF ${isNeeded('waitingEvents')} THEN
    waiting_events := ${asJson(
      event,
      `jsonb_array_elements($1 -> 'waitingEvents') j, LATERAL (
        SELECT * FROM metered.event e WHERE e.customer = j ->> 0 AND e.state = 'waiting'
        ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
      ) t`,
    )};
    parked_events := ${asJson(
      event,
      `jsonb_array_elements($1 -> 'waitingEvents') j, LATERAL (
        SELECT * FROM metered.event e
        WHERE e.customer = j ->> 0 AND e.reason IS NOT NULL AND e.state = 'parked'
          AND (e.retry_at <= moment OR e.parked_at > moment)
        ORDER BY e.at, e.attempt, e.meter LIMIT (j ->> 1)::bigint
      ) t`,
    )};
  END IF;
  IF ${isNeeded('results')} THEN
    oldest := ${asJson(
      key,
      `(
        SELECT *, (
          SELECT sum(result_bytes) FROM (
            SELECT k.result_bytes FROM metered.key k
            WHERE k.customer = it.customer AND k.result_bytes > 0 ORDER BY k.prune_at LIMIT it.few
          ) k
        ) AS few_bytes
        FROM (
          SELECT c.customer, (j ->> 2)::bigint AS few,
            c.result_bytes + (j ->> 1)::bigint - ($1 ->> 'resultBytesPerCustomer')::bigint AS over
          FROM jsonb_array_elements($1 -> 'results') j JOIN metered.customer c ON c.customer = j ->> 0
        ) it
        WHERE over > 0
      ) o, LATERAL (
        SELECT * FROM metered.key k WHERE k.customer = o.customer AND k.result_bytes > 0
        ORDER BY k.prune_at LIMIT CASE WHEN o.few_bytes >= o.over THEN o.few ELSE ${oldestResults.many} END
      ) t ORDER BY t.prune_at`,
      ['result'],
    )};
  END IF;
  RETURN json_build_object(
    'now', moment, 'loading', to_json(loading), 'customers', customers, 'nextExpiries', next_expiries,
    'accounts', accounts, 'acts', acts, 'keys', keys, 'oldest', oldest,
    'holds', json_build_array(holds, due_holds, key_holds),
    'events', json_build_array(events, sent_events, waiting_events, parked_events)
  );`,
})
