import { z } from 'zod'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { firstDailyLabel, shownValues, valueRow, withOther } from '../usageByValue.ts'
import { dayRange } from './dayRange.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

/** Prepares the reads of the totals by value. */
export function prepareLabelReads(
  db: SqliteDatabase,
  now: () => number,
): Pick<Reads, 'usageByValue' | 'readDailyLabels'> {
  const usageByValue = db.prepare(
    `WITH meters AS (SELECT value AS meter FROM json_each(?5))
     SELECT day, meter, NULL AS value, amount FROM metered_daily
     WHERE customer = ?1 AND day BETWEEN ?3 AND ?4 AND meter IN (SELECT meter FROM meters)
     UNION ALL
     SELECT t.day, t.meter, t.value, t.amount FROM metered_daily_label t
     JOIN (
       SELECT meter, value, row_number() OVER (PARTITION BY meter ORDER BY sum(amount) DESC, value) AS place
       FROM metered_daily_label
       WHERE customer = ?1 AND dimension = ?2 AND day BETWEEN ?3 AND ?4
         AND meter IN (SELECT meter FROM meters)
       GROUP BY meter, value
     ) s ON s.meter = t.meter AND s.value = t.value AND s.place <= ${shownValues}
     WHERE t.customer = ?1 AND t.dimension = ?2 AND t.day BETWEEN ?3 AND ?4
     ORDER BY 1, 2, 3 NULLS LAST`,
  )
  const dailyLabels = db.prepare(
    `SELECT ${selectList(tables.dailyLabel, 't')} FROM metered_daily_label t
     WHERE t.customer = ? AND (t.dimension, t.day, t.meter, t.value) > (?, ?, ?, ?)
     ORDER BY t.dimension, t.day, t.meter, t.value LIMIT ?`,
  )
  return {
    usageByValue: async ({ customer, dimension, meters, ...days }) => {
      const [from, to] = dayRange(days, now())
      const rows = usageByValue.all(customer, dimension, from, to, JSON.stringify(meters))
      return withOther(z.array(valueRow).parse(rows))
    },
    readDailyLabels: async ({ customer, limit, after }) => {
      const { dimension, day, meter, value } = after ?? firstDailyLabel
      return dailyLabels
        .all(customer, dimension, day, meter, value, limit)
        .map((row) => tables.dailyLabel.decode(row))
    },
  }
}
