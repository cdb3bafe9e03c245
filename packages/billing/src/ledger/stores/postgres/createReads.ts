import { z } from 'zod'
import { eventSum, meterSum } from '../../core/books.ts'
import type { ClockWatch } from '../clockWatch.ts'
import {
  customerName,
  eventStateRow,
  firstEvent,
  parkedRow,
  restoreRow,
  usageRow,
  versionRow,
} from '../readRows.ts'
import { eventStateOf, type Retention, restoreStateOf } from '../restoreState.ts'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { bucketOf, buckets } from './bucketOf.ts'
import { databaseTime } from './databaseTime.ts'
import { countLost } from './lostConnections.ts'
import type { PostgresPool } from './postgresPool.ts'
import { rowParsers } from './rowParsers.ts'
import { isConnectionLost } from './transaction.ts'

const now = databaseTime('$1')
/**
 * Whether the lease of the customer `c` is free at the time in the row `clock`. The core's function
 * `isLeaseFree` explains the rule.
 */
const isLeaseFree = `(c.lease_token IS NULL OR c.lease_until <= (SELECT now FROM clock)
  OR (c.lease::json ->> 'notedAt')::bigint > (SELECT now FROM clock))`
/** Whether a row belongs to the customer `$3` in the bucket `$2`. */
const isOf = (row: string) => `${row}.bucket = $2 AND ${row}.customer = $3`
const rows = z.array(z.unknown())
const booksRow = z.object({
  customers: rows,
  accounts: rows,
  holds: rows,
  events: z.array(eventSum),
  daily: z.array(meterSum),
  resultBytes: z.number(),
})

/**
 * Creates the reads. Each read is one statement, so all data in an answer reflects the same point in time.
 * `$1` is the time, or null to use the database's time.
 */
export function createReads(
  pool: PostgresPool,
  givenTime: () => number | null,
  { watch, deadlineMs, retention }: { watch: ClockWatch; deadlineMs: number; retention: Retention },
): Reads {
  /** Reads rows as JSON, because the driver returns a bigint as a string. */
  const query = async <S extends z.ZodType>(schema: S, sql: string, values: unknown[]) => {
    const reading = pool.query({
      text: `SELECT coalesce(json_agg(it), '[]') AS rows, $1::bigint AS time FROM (${sql}) it`,
      values: [givenTime(), ...values],
      types: rowParsers,
      // Without a timeout, a caller on a silently broken connection would wait until TCP gives up. When the
      // timeout elapses, the pool closes the connection.
      query_timeout: deadlineMs,
    })
    const { rows: answers } = await reading.catch((error: unknown) => {
      if (isConnectionLost(error)) countLost(pool)
      throw error
    })
    const [answer] = z.tuple([z.object({ rows: z.array(schema) })]).parse(answers)
    return answer.rows
  }

  return {
    readCustomer: async (customer) => {
      const schema = z.object({ now: z.number(), customers: rows, accounts: rows })
      const [read] = await query(
        schema,
        `SELECT ${now} AS now,
           (SELECT coalesce(json_agg(c), '[]') FROM
             (SELECT ${selectList(tables.customer, 't')} FROM metered.customer t WHERE ${isOf('t')}) c) AS customers,
           (SELECT coalesce(json_agg(a), '[]') FROM
             (SELECT ${selectList(tables.account, 't')} FROM metered.account t WHERE ${isOf('t')}) a) AS accounts`,
        [bucketOf(customer), customer],
      )
      const { customers, accounts, now: at } = schema.parse(read)
      return {
        row: customers.map(tables.customer.decode)[0] ?? null,
        accounts: accounts.map(tables.account.decode),
        now: at,
      }
    },
    readCharges: async ({ customer, limit, before }) => {
      const [at, attempt, meter] = before ?? [Number.MAX_SAFE_INTEGER, '', '']
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.event, 't')} FROM metered.event t
         WHERE ${isOf('t')} AND t.at >= 0 AND (t.at, t.attempt, t.meter) < ($4, $5, $6)
         ORDER BY t.at DESC, t.attempt DESC, t.meter DESC LIMIT $7`,
        [bucketOf(customer), customer, at, attempt, meter, limit],
      )
      return found.map(tables.event.decode)
    },
    readEvents: async ({ customer, limit, after }) => {
      const last = after ?? firstEvent
      const from = customer ?? last.customer
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.event, 't')} FROM metered.event t
         WHERE t.at >= 0 AND ${customer === null ? '' : `${isOf('t')} AND`}
           (t.bucket, t.customer, t.at, t.attempt, t.meter) > ($2, $3, $4, $5, $6)
         ORDER BY t.bucket, t.customer, t.at, t.attempt, t.meter LIMIT $7`,
        [from === '' ? -1 : bucketOf(from), from, last.at, last.attempt, last.meter, limit],
      )
      return found.map(tables.event.decode)
    },
    readCustomers: async ({ after, limit }) => {
      const found = await query(
        customerName,
        `SELECT customer FROM metered.customer
         WHERE (bucket, customer) > ($2, $3) ORDER BY bucket, customer LIMIT $4`,
        [after === '' ? -1 : bucketOf(after), after, limit],
      )
      return found.map((row) => row.customer)
    },
    readCustomersInOrder: async ({ from, limit }) => {
      const found = await query(
        customerName,
        `SELECT it.customer FROM generate_series(0, ${buckets - 1}) b, LATERAL (
           SELECT t.customer FROM metered.customer t
           WHERE t.bucket = b AND t.customer >= $2 AND t.customer !~ '^health [0-9]{1,5}$' ORDER BY t.customer LIMIT $3
         ) it ORDER BY it.customer LIMIT $3`,
        [from, limit],
      )
      return found.map((row) => row.customer)
    },
    readBooks: async (customer) => {
      const list = (sql: string) => `(SELECT coalesce(json_agg(l), '[]') FROM (${sql}) l)`
      const [read] = await query(
        booksRow,
        `SELECT
           ${list(`SELECT ${selectList(tables.customer, 't')} FROM metered.customer t WHERE ${isOf('t')}`)} AS customers,
           ${list(`SELECT ${selectList(tables.account, 't')} FROM metered.account t WHERE ${isOf('t')}`)} AS accounts,
           ${list(`SELECT ${selectList(tables.hold, 't')} FROM metered.hold t WHERE ${isOf('t')} AND t.state = 'held'`)} AS holds,
           ${list(`SELECT subscription, meter, state, reason IS NOT NULL AS "wasRejected", sum(amount) AS units, count(*) AS count
             FROM metered.event t WHERE ${isOf('t')} GROUP BY 1, 2, 3, 4`)} AS events,
           ${list(`SELECT meter, sum(amount) AS units FROM metered.daily t WHERE ${isOf('t')} GROUP BY meter`)} AS daily,
           (SELECT coalesce(sum(result_bytes), 0) FROM metered.key t WHERE ${isOf('t')}) AS "resultBytes"`,
        [bucketOf(customer), customer],
      )
      const { customers, accounts, holds, ...rest } = booksRow.parse(read)
      return {
        ...rest,
        row: customers.map(tables.customer.decode)[0] ?? null,
        accounts: accounts.map(tables.account.decode),
        holds: holds.map(tables.hold.decode),
      }
    },
    readActs: async ({ customer, limit, after }) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.act, 't')} FROM metered.act t
         WHERE ($3::text IS NULL OR ${isOf('t')}) AND (t.at, t.customer, t.id) > ($4, $5, $6)
         ORDER BY t.at, t.customer, t.id LIMIT $7`,
        [
          customer === null ? null : bucketOf(customer),
          customer,
          after?.at ?? -1,
          after?.customer ?? '',
          after?.id ?? '',
          limit,
        ],
      )
      return found.map(tables.act.decode)
    },
    readLedgerActs: async () => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.ledgerAct, 't')} FROM metered.ledger_act t ORDER BY t.at, t.id`,
        [],
      )
      return found.map(tables.ledgerAct.decode)
    },
    readHolds: async (customer) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.hold, 't')} FROM metered.hold t
         WHERE ${isOf('t')} AND t.state = 'held' ORDER BY t.started_at, t.attempt`,
        [bucketOf(customer), customer],
      )
      return found.map(tables.hold.decode)
    },
    readDenials: async (customer) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.denial, 't')} FROM metered.denial t
         WHERE ${isOf('t')} AND t.last_at > ${now} - 86400000
         ORDER BY t.last_at, t.hour, t.procedure, t.code, t.meter, t.feature`,
        [bucketOf(customer), customer],
      )
      return found.map(tables.denial.decode)
    },
    readUndelivered: async ({ customer, limit }) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.event, 't')} FROM metered.event t
         WHERE ${isOf('t')} AND t.state IN ('waiting', 'sent')
         UNION ALL
         SELECT ${selectList(tables.event, 't')} FROM metered.event t
         WHERE ${isOf('t')} AND t.reason IS NOT NULL AND t.state IN ('parked', 'sent') AND t.state = 'parked'
         ORDER BY "at", "attempt", "meter" LIMIT $4`,
        [bucketOf(customer), customer, limit],
      )
      return found.map(tables.event.decode)
    },
    usage: ({ customer, days }) =>
      query(
        usageRow,
        `SELECT day, meter, amount FROM metered.daily t
         WHERE ${isOf('t')}
           AND day > to_char(to_timestamp((${now}) / 1000.0 - $4::bigint * 86400) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
         ORDER BY day, meter`,
        [bucketOf(customer), customer, days],
      ),
    versions: async (customers) => {
      const found = await query(
        versionRow,
        `SELECT customer, version
         FROM unnest($2::smallint[], $3::text[]) it (bucket, customer) JOIN metered.customer USING (bucket, customer)`,
        [customers.map(bucketOf), customers],
      )
      return new Map(found.map((row) => [row.customer, row.version]))
    },
    customersWithDueHolds: async (limit) => {
      const due = await query(
        customerName,
        `SELECT DISTINCT h.customer FROM metered.hold h, (SELECT ${now} AS now OFFSET 0) clock
         WHERE h.state = 'held' AND (h.expires_at <= clock.now OR h.expires_at > clock.now + h.max_hold_ms) LIMIT $2`,
        [limit],
      )
      return due.map((row) => row.customer)
    },
    customersToDeliver: async (limit) => {
      // Start with the customer whose lease ended first, so that rejected events can't starve other customers,
      // and new usage can't starve parked events. If a free lease ends in the future, the clock has stepped
      // backward. Its customer comes first, because other customers could otherwise starve it until the clock
      // catches up.
      const found = await query(
        customerName,
        `WITH clock AS MATERIALIZED (SELECT ${now} AS now)
         (SELECT customer, lease_until AS since FROM metered.customer
          WHERE undelivered > 0 AND lease_until <= (SELECT now FROM clock) ORDER BY lease_until LIMIT $2)
         UNION
         (SELECT c.customer, 0 FROM metered.customer c
          WHERE c.undelivered > 0 AND c.lease_until > (SELECT now FROM clock) AND ${isLeaseFree} LIMIT $2)
         UNION
         SELECT c.customer, CASE WHEN c.lease_until > (SELECT now FROM clock) THEN 0 ELSE c.lease_until END
         FROM metered.event e JOIN metered.customer c ON c.bucket = e.bucket AND c.customer = e.customer
         WHERE e.reason IS NOT NULL AND e.state = 'parked'
           AND (e.retry_at <= (SELECT now FROM clock) OR e.parked_at > (SELECT now FROM clock)) AND ${isLeaseFree}
         ORDER BY since LIMIT $2`,
        [limit],
      )
      return found.map((row) => row.customer)
    },
    health: async () => {
      const skewMs = watch.start()
      const schema = z.object({
        waiting: z.number(),
        parked: z.number(),
        oldest: z.number().nullable(),
        newest: z.number().nullable(),
        now: z.number(),
      })
      const [found] = await query(
        schema,
        `SELECT
           (SELECT coalesce(sum(undelivered), 0) FROM metered.customer WHERE undelivered > 0)
           - (SELECT count(*) FROM metered.event WHERE reason IS NOT NULL AND state = 'sent') AS waiting,
           (SELECT count(*) FROM metered.event WHERE reason IS NOT NULL AND state IN ('parked', 'sent')) AS parked,
           (SELECT min(at) FROM metered.event WHERE state IN ('waiting', 'sent') AND reason IS NULL) AS oldest,
           (SELECT max(at) FROM metered.event WHERE state IN ('waiting', 'sent')) AS newest,
           ${now} AS now`,
        [],
      )
      const { waiting, parked, oldest, newest, now: time } = schema.parse(found)
      const oldestWaitingMs = Math.max(0, time - (oldest ?? time))
      return { waiting, oldestWaitingMs, parked, skewMs: skewMs(time, newest) }
    },
    restoreState: async () => {
      const schema = restoreRow.extend({ now: z.number() })
      const [found] = await query(
        schema,
        `SELECT id AS ledger, restored_at AS "restoredAt", recovered_at AS "recoveredAt", ${now} AS now
         FROM metered.ledger`,
        [],
      )
      const state = schema.parse(found)
      return restoreStateOf(state, { now: state.now, ...retention })
    },
    eventStates: async (events) => {
      const found = await query(
        eventStateRow,
        `SELECT e.state, e.prune_at AS "pruneAt", (SELECT restored_at FROM metered.ledger) AS "restoredAt"
         FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[])
           WITH ORDINALITY AS it (bucket, customer, attempt, meter, place)
         LEFT JOIN metered.event e USING (bucket, customer, attempt, meter) ORDER BY it.place`,
        [
          events.map(({ customer }) => bucketOf(customer)),
          events.map(({ customer }) => customer),
          events.map(({ attempt }) => attempt),
          events.map(({ meter }) => meter),
        ],
      )
      return found.map((row) => eventStateOf(row, retention))
    },
    parked: (limit) =>
      query(
        parkedRow,
        `SELECT customer, attempt, meter, amount, reason FROM metered.event
         WHERE reason IS NOT NULL AND state IN ('parked', 'sent') LIMIT $2`,
        [limit],
      ),
  }
}
