import { z } from 'zod'
import { dimensionSum, eventSum, meterSum } from '../../core/books.ts'
import { alertDelivery } from '../alertDelivery.ts'
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
import { dayRange } from './dayRange.ts'
import { prepareLabelReads } from './prepareLabelReads.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

const dayMs = 24 * 3_600_000
const byteSum = z.object({ bytes: z.number() })
const healthRow = z.object({
  waiting: z.number(),
  parked: z.number(),
  oldest: z.number().nullable(),
  newest: z.number().nullable(),
})

/**
 * The SQL condition that the lease of the customer `c` is free at the time `?1`. The core's function `isLeaseFree`
 * applies the same rule.
 */
const isLeaseFree = `(c.lease_token IS NULL OR c.lease_until <= ?1 OR json_extract(c.lease, '$.notedAt') > ?1)`

/**
 * Prepares the reads. SQLite runs synchronously, so this process itself can't commit between the statements
 * of a read.
 */
export function prepareReads(
  db: SqliteDatabase,
  now: () => number,
  { watch, retention }: { watch: ClockWatch; retention: Retention },
): Reads {
  const customer = db.prepare(
    `SELECT ${selectList(tables.customer, 't')} FROM metered_customer t WHERE t.customer = ?`,
  )
  const accounts = db.prepare(
    `SELECT ${selectList(tables.account, 't')} FROM metered_account t WHERE t.customer = ?`,
  )
  const charges = db.prepare(
    `SELECT ${selectList(tables.event, 't')} FROM metered_event t INDEXED BY metered_event_charges
     WHERE t.customer = ? AND (t.at, t.attempt, t.meter) < (?, ?, ?)
     ORDER BY t.at DESC, t.attempt DESC, t.meter DESC LIMIT ?`,
  )
  const allEvents = db.prepare(
    `SELECT ${selectList(tables.event, 't')} FROM metered_event t INDEXED BY metered_event_charges
     WHERE (t.customer, t.at, t.attempt, t.meter) > (?, ?, ?, ?)
     ORDER BY t.customer, t.at, t.attempt, t.meter LIMIT ?`,
  )
  const customerEvents = db.prepare(
    `SELECT ${selectList(tables.event, 't')} FROM metered_event t INDEXED BY metered_event_charges
     WHERE t.customer = ? AND (t.at, t.attempt, t.meter) > (?, ?, ?)
     ORDER BY t.at, t.attempt, t.meter LIMIT ?`,
  )
  const holds = db.prepare(
    `SELECT ${selectList(tables.hold, 't')} FROM metered_hold t
     WHERE t.customer = ? AND t.state = 'held' ORDER BY t.started_at, t.attempt`,
  )
  const undelivered = db.prepare(
    `SELECT ${selectList(tables.event, 't')} FROM metered_event t INDEXED BY metered_event_undelivered
     WHERE t.customer = ?1 AND t.state IN ('waiting', 'sent')
     UNION ALL
     SELECT ${selectList(tables.event, 't')} FROM metered_event t INDEXED BY metered_event_parked
     WHERE t.customer = ?1 AND t.state = 'parked' AND t.reason IS NOT NULL AND t.state IN ('parked', 'sent')
     ORDER BY "at", "attempt", "meter" LIMIT ?2`,
  )
  const customers = db.prepare(
    'SELECT customer FROM metered_customer WHERE customer > ? ORDER BY customer LIMIT ?',
  )
  const customersFrom = db.prepare(
    `SELECT customer FROM metered_customer WHERE customer >= ?
       AND NOT (customer GLOB 'health [0-9]*' AND substr(customer, 8) NOT GLOB '*[^0-9]*' AND length(customer) <= 12)
     ORDER BY customer LIMIT ?`,
  )
  const budgets = db.prepare(
    `SELECT ${selectList(tables.budget, 't')} FROM metered_budget t WHERE t.customer = ?`,
  )
  const eventSums = db.prepare(
    `SELECT subscription, meter, state, reason IS NOT NULL AS "wasRejected", sum(amount) AS units, count(*) AS count
     FROM metered_event INDEXED BY metered_event_charges WHERE customer = ? GROUP BY 1, 2, 3, 4`,
  )
  const dailySums = db.prepare(
    'SELECT meter, sum(amount) AS units FROM metered_daily WHERE customer = ? GROUP BY meter',
  )
  const dimensionSums = db.prepare(
    `SELECT meter, dimension, sum(value <> '') AS "values", sum(iif(value = '', number, 0)) AS counted, coalesce((
       SELECT sum(d.amount) FROM metered_daily_label d
       WHERE d.customer = ?1 AND d.dimension = t.dimension AND d.meter = t.meter
     ), 0) AS units
     FROM metered_label t WHERE customer = ?1 GROUP BY meter, dimension`,
  )
  const resultBytes = db.prepare(
    'SELECT coalesce(sum(result_bytes), 0) AS bytes FROM metered_key WHERE customer = ?',
  )
  const acts = db.prepare(
    `SELECT ${selectList(tables.act, 't')} FROM metered_act t
     WHERE (?1 IS NULL OR t.customer = ?1) AND (t.at, t.customer, t.id) > (?2, ?3, ?4)
     ORDER BY t.at, t.customer, t.id LIMIT ?5`,
  )
  const ledgerActs = db.prepare(
    `SELECT ${selectList(tables.ledgerAct, 't')} FROM metered_ledger_act t ORDER BY t.at, t.id`,
  )
  const denials = db.prepare(
    `SELECT ${selectList(tables.denial, 't')} FROM metered_denial t
     WHERE t.customer = ? AND t.last_at > ? ORDER BY t.last_at, t.hour, t.procedure, t.code, t.meter, t.feature`,
  )
  const alerts = db.prepare(
    `SELECT ${selectList(tables.alert, 't')} FROM metered_alert t WHERE t.customer = ? ORDER BY t.at DESC LIMIT ?`,
  )
  const alertsToDeliver = db.prepare(
    `SELECT ${selectList(tables.alert, 't')} FROM metered_alert t
     WHERE t.deliver_at IS NOT NULL AND ${alertDelivery.isDue('?1')} ORDER BY t.deliver_at, t.at LIMIT ?2`,
  )
  const usage = db.prepare(
    'SELECT day, meter, amount FROM metered_daily WHERE customer = ? AND day BETWEEN ? AND ? ORDER BY day, meter',
  )
  const versions = db.prepare(
    'SELECT t.customer, t.version FROM json_each(?) j CROSS JOIN metered_customer t ON t.customer = j.value',
  )
  const due = db.prepare(
    `SELECT DISTINCT customer FROM metered_hold INDEXED BY metered_hold_due
     WHERE state = 'held' AND (expires_at <= ?1 OR expires_at > ?1 + max_hold_ms) LIMIT ?2`,
  )
  // Start with the customer whose lease ended first, so that rejected events can't starve other customers,
  // and new usage can't starve parked events. If a free lease ends in the future, the clock has stepped
  // backward. Such a lease's customer comes first. Otherwise, other customers could starve this customer
  // until the clock catches up.
  const toDeliver = db.prepare(
    `SELECT customer FROM (
       SELECT * FROM (
         SELECT customer, lease_until AS since FROM metered_customer
         WHERE undelivered > 0 AND lease_until <= ?1 ORDER BY lease_until LIMIT ?2
       )
       UNION
       SELECT * FROM (
         SELECT c.customer, 0 AS since FROM metered_customer c INDEXED BY metered_customer_to_deliver
         WHERE c.undelivered > 0 AND c.lease_until > ?1 AND ${isLeaseFree} LIMIT ?2
       )
       UNION
       SELECT c.customer, CASE WHEN c.lease_until > ?1 THEN 0 ELSE c.lease_until END AS since
       FROM metered_event e INDEXED BY metered_event_parked JOIN metered_customer c ON c.customer = e.customer
       WHERE e.state = 'parked' AND e.reason IS NOT NULL AND e.state IN ('parked', 'sent')
         AND (e.retry_at <= ?1 OR e.parked_at > ?1) AND ${isLeaseFree}
     ) ORDER BY since LIMIT ?2`,
  )
  const health = db.prepare(
    `SELECT
       (SELECT coalesce(sum(undelivered), 0) FROM metered_customer WHERE undelivered > 0)
       - (SELECT count(*) FROM metered_event
          WHERE state = 'sent' AND reason IS NOT NULL AND state IN ('parked', 'sent')) AS waiting,
       (SELECT count(*) FROM metered_event WHERE reason IS NOT NULL AND state IN ('parked', 'sent')) AS parked,
       (SELECT min(at) FROM metered_event WHERE state IN ('waiting', 'sent') AND reason IS NULL) AS oldest,
       (SELECT max(at) FROM metered_event WHERE state IN ('waiting', 'sent')) AS newest`,
  )
  const parked = db.prepare(
    `SELECT customer, attempt, meter, amount, reason FROM metered_event
     WHERE reason IS NOT NULL AND state IN ('parked', 'sent') LIMIT ?`,
  )
  const restore = db.prepare(
    'SELECT id AS ledger, restored_at AS "restoredAt", recovered_at AS "recoveredAt" FROM metered_ledger',
  )
  const eventStates = db.prepare(
    `SELECT e.state AS state, e.prune_at AS "pruneAt", (SELECT restored_at FROM metered_ledger) AS "restoredAt"
     FROM json_each(?) j LEFT JOIN metered_event e
     ON e.attempt = j.value ->> 0 AND e.customer = j.value ->> 1 AND e.meter = j.value ->> 2
     ORDER BY j.key`,
  )

  /**
   * Runs the statements of a read in one transaction. Otherwise, another process could commit between two
   * statements.
   */
  function atOneTime<T>(read: () => T): T {
    db.exec('BEGIN')
    try {
      return read()
    } finally {
      db.exec('COMMIT')
    }
  }

  const readRows = (name: string) => ({
    row: customer.all(name).map((row) => tables.customer.decode(row))[0] ?? null,
    accounts: accounts.all(name).map((row) => tables.account.decode(row)),
  })

  return {
    ...prepareLabelReads(db, now),
    readCustomer: async (name) => atOneTime(() => ({ ...readRows(name), now: now() })),
    readCharges: async ({ customer: name, limit, before }) => {
      const [at, attempt, meter] = before ?? [Number.MAX_SAFE_INTEGER, '', '']
      return charges.all(name, at, attempt, meter, limit).map((row) => tables.event.decode(row))
    },
    readEvents: async ({ customer: name, limit, after }) => {
      const { at, attempt, meter, customer: last } = after ?? firstEvent
      const rows = (name === null ? allEvents : customerEvents).all(name ?? last, at, attempt, meter, limit)
      return rows.map((row) => tables.event.decode(row))
    },
    readCustomersInOrder: async ({ from, limit }) =>
      z
        .array(customerName)
        .parse(customersFrom.all(from, limit))
        .map((row) => row.customer),
    readCustomers: async ({ after, limit }) =>
      z
        .array(customerName)
        .parse(customers.all(after, limit))
        .map((row) => row.customer),
    readBooks: async (name) =>
      atOneTime(() => ({
        ...readRows(name),
        holds: holds.all(name).map((row) => tables.hold.decode(row)),
        budgets: budgets.all(name).map((row) => tables.budget.decode(row)),
        events: z.array(eventSum).parse(eventSums.all(name)),
        daily: z.array(meterSum).parse(dailySums.all(name)),
        dimensions: z.array(dimensionSum).parse(dimensionSums.all(name)),
        resultBytes: byteSum.parse(resultBytes.get(name)).bytes,
      })),
    readActs: async ({ customer: name, limit, after }) =>
      acts
        .all(name, after?.at ?? -1, after?.customer ?? '', after?.id ?? '', limit)
        .map((row) => tables.act.decode(row)),
    readLedgerActs: async () => ledgerActs.all().map((row) => tables.ledgerAct.decode(row)),
    readHolds: async (name) => holds.all(name).map((row) => tables.hold.decode(row)),
    readDenials: async (name) => denials.all(name, now() - dayMs).map((row) => tables.denial.decode(row)),
    readAlerts: async ({ customer: name, limit }) =>
      alerts.all(name, limit).map((row) => tables.alert.decode(row)),
    readAlertsToDeliver: async (limit) =>
      alertsToDeliver.all(now(), limit).map((row) => tables.alert.decode(row)),
    readUndelivered: async ({ customer: name, limit }) =>
      undelivered.all(name, limit).map((row) => tables.event.decode(row)),
    usage: async ({ customer: name, ...days }) =>
      z.array(usageRow).parse(usage.all(name, ...dayRange(days, now()))),
    versions: async (customers) => {
      const rows = z.array(versionRow).parse(versions.all(JSON.stringify(customers)))
      return new Map(rows.map((row) => [row.customer, row.version]))
    },
    customersWithDueHolds: async (limit) =>
      z
        .array(customerName)
        .parse(due.all(now(), limit))
        .map((row) => row.customer),
    customersToDeliver: async (limit) =>
      z
        .array(customerName)
        .parse(toDeliver.all(now(), limit))
        .map((row) => row.customer),
    health: async () => {
      const { waiting, parked: count, oldest, newest } = healthRow.parse(health.all()[0])
      const time = now()
      const oldestWaitingMs = Math.max(0, time - (oldest ?? time))
      return { waiting, oldestWaitingMs, parked: count, skewMs: watch.start()(time, newest) }
    },
    restoreState: async () => restoreStateOf(restoreRow.parse(restore.get()), { now: now(), ...retention }),
    eventStates: async (events) => {
      const ids = events.map(({ attempt, customer: name, meter }) => [attempt, name, meter])
      return z
        .array(eventStateRow)
        .parse(eventStates.all(JSON.stringify(ids)))
        .map((row) => eventStateOf(row, retention))
    },
    parked: async (limit) => z.array(parkedRow).parse(parked.all(limit)),
  }
}
