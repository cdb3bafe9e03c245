import { z } from 'zod'

/**
 * A value that has separate totals in a dimension. The row whose `value` is an empty string isn't a value but a counter:
 * its `number` is the number of the dimension's values.
 */
export const labelRow = z.object({
  customer: z.string(),
  meter: z.string(),
  dimension: z.string(),
  value: z.string(),
  /** The value's position in the order in which the customer's values were first used, starting with 1. */
  number: z.number().int(),
})

/**
 * The units of one value on one day. The meter's other units of the day count under `other`. The value `other` has no
 * rows.
 */
export const dailyLabelRow = z.object({
  customer: z.string(),
  dimension: z.string(),
  day: z.string(),
  meter: z.string(),
  value: z.string(),
  amount: z.number().int(),
})

/** The label of a hold's leg. */
export const heldLabel = z.object({
  dimension: z.string(),
  value: z.string(),
  /** Whether the value has separate totals. If false, the dimension was full, so the units count under `other`. */
  isKnown: z.boolean(),
})

export type LabelRow = z.output<typeof labelRow>
export type DailyLabelRow = z.output<typeof dailyLabelRow>
export type HeldLabel = z.output<typeof heldLabel>
