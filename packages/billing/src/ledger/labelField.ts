import { z } from 'zod'
import { maxDimensions, maxValueLength, maxValues } from '../contract/dimensions.ts'
import { text } from './fields.ts'

const label = z.object({
  dimension: text(64),
  value: text(maxValueLength),
  /** How many values of the dimension can have separate totals. Further values count under `other`. */
  atMost: z.number().int().min(1).max(maxValues),
})

/**
 * A leg's labels, at most one per dimension. Labels that can't be stored are left out, so they can't make the call or
 * its charge fail. Their units count under `other`.
 */
export const labels = z.array(z.unknown()).transform((given) => {
  const kept = new Map<string, z.output<typeof label>>()
  for (const it of given.slice(0, maxDimensions)) {
    const { success, data } = label.safeParse(it)
    if (success) kept.set(data.dimension, data)
  }
  return [...kept.values()]
})

export type Label = z.output<typeof label>
