import { z } from 'zod'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { firstDailyLabel, shownValues, valueRow, withOther } from '../usageByValue.ts'
import { bucketOf } from './bucketOf.ts'
import { dayValues, isInDays } from './dayRange.ts'
import { isOf, type ReadQuery } from './readQuery.ts'

/** The reads of the totals by value. `daily` comes first, in the order of `lockTables`. */
export const labelReads = (query: ReadQuery) =>
  ({
    usageByValue: async ({ customer, dimension, meters, ...days }) => {
      const rows = await query(
        valueRow,
        `SELECT d.day, d.meter, NULL::text COLLATE "C" AS value, d.amount FROM metered.daily d
         WHERE ${isOf('d')} AND ${isInDays('d')} AND d.meter = ANY ($8::text[])
         UNION ALL
         SELECT t.day, t.meter, t.value, t.amount FROM metered.daily_label t
         JOIN (
           SELECT l.meter, l.value, row_number() OVER (PARTITION BY l.meter ORDER BY sum(l.amount) DESC, l.value) AS place
           FROM metered.daily_label l
           WHERE ${isOf('l')} AND l.dimension = $7 AND ${isInDays('l')} AND l.meter = ANY ($8::text[])
           GROUP BY l.meter, l.value
         ) s ON s.meter = t.meter AND s.value = t.value AND s.place <= ${shownValues}
         WHERE ${isOf('t')} AND t.dimension = $7 AND ${isInDays('t')}
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
