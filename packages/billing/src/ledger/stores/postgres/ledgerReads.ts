import { z } from 'zod'
import { alertDelivery } from '../alertDelivery.ts'
import type { ClockWatch } from '../clockWatch.ts'
import { customerName, eventStateRow, parkedRow, restoreRow, versionRow } from '../readRows.ts'
import { eventStateOf, type Retention, restoreStateOf } from '../restoreState.ts'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { bucketOf, buckets } from './bucketOf.ts'
import { now, type ReadQuery } from './readQuery.ts'

/**
 * The SQL condition that the lease of the customer `c` is free at the time in the row `clock`. The core's function
 * `isLeaseFree` applies the same rule.
 */
const isLeaseFree = `(c.lease_token IS NULL OR c.lease_until <= (SELECT now FROM clock)
  OR (c.lease::json ->> 'notedAt')::bigint > (SELECT now FROM clock))`

/** The queries that read the whole ledger: its customers, its pending work and its state. */
export const ledgerReads = (
  query: ReadQuery,
  { watch, retention }: { watch: ClockWatch; retention: Retention },
) =>
  ({
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
    readLedgerActs: async () => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.ledgerAct, 't')} FROM metered.ledger_act t ORDER BY t.at, t.id`,
        [],
      )
      return found.map(tables.ledgerAct.decode)
    },
    readAlertsToDeliver: async (limit) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.alert, 't')} FROM metered.alert t
       WHERE t.deliver_at IS NOT NULL AND ${alertDelivery.isDue(now)} ORDER BY t.deliver_at, t.at LIMIT $2`,
        [limit],
      )
      return found.map(tables.alert.decode)
    },
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
      // Start with the customer whose lease ended first, so that rejected events can't starve other
      // customers, and new usage can't starve parked events. If a free lease ends in the future, the clock
      // has stepped backward. Such a lease's customer comes first. Otherwise, other customers could starve
      // this customer until the clock catches up.
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
  }) satisfies Partial<Reads>
