import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { Reads } from '../store.ts'
import { selectList, tables } from '../tables.ts'
import { firstDailyLabel, shownValues, valueRow, withOther } from '../usageByValue.ts'
import { dayRange } from './dayRange.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

const dayRow = z.object({ day: z.string() })
const valueSum = z.object({ meter: z.string(), value: z.string(), amount: z.number() })
type ValueSum = z.output<typeof valueSum>

/** Prepares the queries that read the totals by value. */
export function prepareLabelReads(
  db: SqliteDatabase,
  now: () => number,
): Pick<Reads, 'usageByValue' | 'readDailyLabels'> {
  const daysWithUsage = db.prepare(
    `SELECT DISTINCT day FROM metered_daily
     WHERE customer = ? AND day BETWEEN ? AND ? AND meter IN (SELECT value FROM json_each(?)) ORDER BY day`,
  )
  const valuesOfDay = db.prepare(
    `SELECT meter, value, amount FROM metered_daily_label
     WHERE customer = ? AND dimension = ? AND day = ? AND meter IN (SELECT value FROM json_each(?))`,
  )
  const shownOfDay = db.prepare(
    `SELECT day, meter, NULL AS value, amount FROM metered_daily
     WHERE customer = ?1 AND day = ?3 AND meter IN (SELECT value FROM json_each(?4))
     UNION ALL
     SELECT t.day, t.meter, t.value, t.amount FROM json_each(?5) j CROSS JOIN metered_daily_label t
       ON t.customer = ?1 AND t.dimension = ?2 AND t.day = ?3 AND t.meter = j.value ->> 0 AND t.value = j.value ->> 1
     ORDER BY 1, 2, 3 NULLS LAST`,
  )
  const dailyLabels = db.prepare(
    `SELECT ${selectList(tables.dailyLabel, 't')} FROM metered_daily_label t
     WHERE t.customer = ? AND (t.dimension, t.day, t.meter, t.value) > (?, ?, ?, ?)
     ORDER BY t.dimension, t.day, t.meter, t.value LIMIT ?`,
  )
  return {
    /** Reads one day at a time. Reading a year with many values at once would block the event loop for seconds. */
    usageByValue: async ({ customer, dimension, meters, ...range }) => {
      const names = JSON.stringify(meters)
      const days = z.array(dayRow).parse(daysWithUsage.all(customer, ...dayRange(range, now()), names))
      const sums = new Map<string, ValueSum>()
      for (const { day } of days) {
        for (const row of z.array(valueSum).parse(valuesOfDay.all(customer, dimension, day, names))) {
          const id = `${row.meter}\0${row.value}`
          const sum = sums.get(id)
          if (sum) sum.amount += row.amount
          else sums.set(id, row)
        }
        await setImmediate()
      }
      const shown = JSON.stringify(meters.flatMap((meter) => largest([...sums.values()], meter)))
      const rows: ReturnType<typeof withOther> = []
      for (const { day } of days) {
        const found = shownOfDay.all(customer, dimension, day, names, shown)
        rows.push(...withOther(z.array(valueRow).parse(found)))
        await setImmediate()
      }
      return rows
    },
    readDailyLabels: async ({ customer, limit, after }) => {
      const { dimension, day, meter, value } = after ?? firstDailyLabel
      return dailyLabels
        .all(customer, dimension, day, meter, value, limit)
        .map((row) => tables.dailyLabel.decode(row))
    },
  }
}

/** Returns the meter's values with the most units, as pairs of the meter and the value. */
const largest = (sums: ValueSum[], meter: string): [string, string][] =>
  sums
    .filter((it) => it.meter === meter)
    .sort((a, b) => b.amount - a.amount || (a.value < b.value ? -1 : 1))
    .slice(0, shownValues)
    .map(({ value }) => [meter, value])
