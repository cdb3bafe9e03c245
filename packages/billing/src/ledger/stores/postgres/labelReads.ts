import { z } from 'zod'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { firstDailyLabel, shownValues, valueRow, withOther } from '../usageByValue.ts'
import { bucketOf } from './bucketOf.ts'
import { dayValues, isInDays } from './dayRange.ts'
import { isOf, type ReadQuery } from './readQuery.ts'

/**
 * The queries that read the totals by value. `usageByValue` names `daily` before `daily_label`, because every transaction locks
 * tables in the order of `lockOrder`. The CTEs and `OFFSET 0` make the planner read the days once, and then look up
 * each shown value by its key, even without statistics.
 */
export const labelReads = (query: ReadQuery) =>
  ({
    usageByValue: async ({ customer, dimension, meters, ...days }) => {
      const rows = await query(
        valueRow,
        `WITH days AS MATERIALIZED (
           SELECT d.day, d.meter, d.amount FROM metered.daily d
           WHERE ${isOf('d')} AND ${isInDays('d')} AND d.meter = ANY ($8::text[])
         ), ranked AS MATERIALIZED (
           SELECT l.meter, l.value, row_number() OVER (PARTITION BY l.meter ORDER BY sum(l.amount) DESC, l.value) AS place
           FROM metered.daily_label l
           WHERE ${isOf('l')} AND l.dimension = $7 AND ${isInDays('l')} AND l.meter = ANY ($8::text[])
           GROUP BY l.meter, l.value
         )
         SELECT day, meter, NULL::text COLLATE "C" AS value, amount FROM days
         UNION ALL
         SELECT d.day, d.meter, s.value, t.amount
         FROM days d JOIN ranked s ON s.meter = d.meter AND s.place <= ${shownValues}, LATERAL (
           SELECT t.amount FROM metered.daily_label t
           WHERE ${isOf('t')} AND t.dimension = $7 AND t.day = d.day AND t.meter = d.meter AND t.value = s.value
           OFFSET 0
         ) t
         ORDER BY 1, 2, 3 NULLS LAST`,
        [bucketOf(customer), customer, ...dayValues(days), dimension, meters],
      )
      return withOther(rows)
    },
    readDailyLabels: async ({ customer, limit, after }) => {
      const { dimension, day, meter, value } = after ?? firstDailyLabel
      const found = await query(
        z.unknown(),
        `SELECT ${selectList(tables.dailyLabel, 't')} FROM metered.daily_label t
         WHERE ${isOf('t')} AND (t.dimension, t.day, t.meter, t.value) > ($4, $5, $6, $7)
         ORDER BY t.dimension, t.day, t.meter, t.value LIMIT $8`,
        [bucketOf(customer), customer, dimension, day, meter, value, limit],
      )
      return found.map(tables.dailyLabel.decode)
    },
  }) satisfies Partial<Reads>
