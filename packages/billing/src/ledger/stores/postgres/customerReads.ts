import { z } from 'zod'
import { dimensionSum, eventSum, meterSum } from '../../core/books.ts'
import { firstEvent, usageRow } from '../readRows.ts'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { bucketOf } from './bucketOf.ts'
import { dayValues, isInDays } from './dayRange.ts'
import { isOf, now, type ReadQuery } from './readQuery.ts'

const rows = z.array(z.unknown())
const booksRow = z.object({
  customers: rows,
  accounts: rows,
  holds: rows,
  budgets: rows,
  events: z.array(eventSum),
  daily: z.array(meterSum),
  dimensions: z.array(dimensionSum),
  resultBytes: z.number(),
})

/** The queries that read one customer's rows. */
export const customerReads = (query: ReadQuery) =>
  ({
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
    readBooks: async (customer) => {
      const list = (sql: string) => `(SELECT coalesce(json_agg(l), '[]') FROM (${sql}) l)`
      const [read] = await query(
        booksRow,
        `SELECT
         ${list(`SELECT ${selectList(tables.customer, 't')} FROM metered.customer t WHERE ${isOf('t')}`)} AS customers,
         ${list(`SELECT ${selectList(tables.account, 't')} FROM metered.account t WHERE ${isOf('t')}`)} AS accounts,
         ${list(`SELECT ${selectList(tables.hold, 't')} FROM metered.hold t WHERE ${isOf('t')} AND t.state = 'held'`)} AS holds,
         ${list(`SELECT ${selectList(tables.budget, 't')} FROM metered.budget t WHERE ${isOf('t')}`)} AS budgets,
         ${list(`SELECT subscription, meter, state, reason IS NOT NULL AS "wasRejected", sum(amount) AS units, count(*) AS count
           FROM metered.event t WHERE ${isOf('t')} GROUP BY 1, 2, 3, 4`)} AS events,
         ${list(`SELECT meter, sum(amount) AS units FROM metered.daily t WHERE ${isOf('t')} GROUP BY meter`)} AS daily,
         ${list(`SELECT l.meter, l.dimension, count(*) FILTER (WHERE l.value <> '') AS "values",
             coalesce(sum(l.number) FILTER (WHERE l.value = ''), 0) AS counted, coalesce((
               SELECT sum(t.amount) FROM metered.daily_label t
               WHERE ${isOf('t')} AND t.dimension = l.dimension AND t.meter = l.meter
             ), 0) AS units
           FROM metered.label l WHERE ${isOf('l')} GROUP BY l.meter, l.dimension`)} AS dimensions,
         (SELECT coalesce(sum(result_bytes), 0) FROM metered.key t WHERE ${isOf('t')}) AS "resultBytes"`,
        [bucketOf(customer), customer],
      )
      const { customers, accounts, holds, budgets, ...rest } = booksRow.parse(read)
      return {
        ...rest,
        row: customers.map(tables.customer.decode)[0] ?? null,
        accounts: accounts.map(tables.account.decode),
        holds: holds.map(tables.hold.decode),
        budgets: budgets.map(tables.budget.decode),
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
    readAlerts: async ({ customer, limit }) => {
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.alert, 't')} FROM metered.alert t WHERE ${isOf('t')} ORDER BY t.at DESC LIMIT $4`,
        [bucketOf(customer), customer, limit],
      )
      return found.map(tables.alert.decode)
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
    usage: ({ customer, ...days }) =>
      query(
        usageRow,
        `SELECT day, meter, amount FROM metered.daily t
       WHERE ${isOf('t')} AND ${isInDays('t')} ORDER BY day, meter`,
        [bucketOf(customer), customer, ...dayValues(days)],
      ),
  }) satisfies Partial<Reads>
