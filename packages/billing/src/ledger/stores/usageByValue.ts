import { z } from 'zod'
import { otherValue } from '../../contract/dimensions.ts'

/** The largest number of values that a read returns per meter. */
export const shownValues = 100

/** The units of a value on one day, or a day's total if `value` is null. */
export const valueRow = z.object({
  day: z.string(),
  meter: z.string(),
  value: z.string().nullable(),
  amount: z.number(),
})

/** A position before all of a customer's daily totals by value. */
export const firstDailyLabel = { dimension: '', day: '', meter: '', value: '' }

/**
 * Replaces each day's total with the units under `other`: the total minus the units of the day's values. Each total must
 * follow its day's values.
 */
export function withOther(
  rows: z.output<typeof valueRow>[],
): { day: string; meter: string; value: string; amount: number }[] {
  let counted = 0
  return rows.flatMap(({ value, amount, ...day }) => {
    if (value !== null) {
      counted += amount
      return amount === 0 ? [] : [{ ...day, value, amount }]
    }
    // The difference is below 0 only if a recovery has lowered a charge whose labels are unknown.
    const left = Math.max(0, amount - counted)
    counted = 0
    return left === 0 ? [] : [{ ...day, value: otherValue, amount: left }]
  })
}
