import { z } from 'zod'
import type { BudgetScope } from '../contract/budgets.ts'
import { maxValueLength, otherValue } from '../contract/dimensions.ts'
import type { Meters } from '../contract/meters.ts'
import { isTimeZone, thresholds } from '../ledger/budgetCommands.ts'
import { isStorable } from '../ledger/fields.ts'

const scope = z.object({
  dimension: z.string(),
  // No call has the label `other`, so a budget for it would never count any units.
  value: z
    .string()
    .min(1)
    .max(maxValueLength)
    .refine((it) => it !== otherValue && isStorable(it)),
})

const scopeProblem = `Use { dimension, value } with a value of 1 to ${maxValueLength} characters, but not "${otherValue}"`

/**
 * The schema of a budget. Rejects meters and dimensions that `defineMeters` doesn't name, and unknown time zones.
 * Ignores other properties, because over a WebSocket, the input also contains the call's key.
 */
export const budgetInput = <Meter extends string, Dimension extends string = string>(meters: Meters) =>
  z
    .object({
      meter: z.custom<Meter>((it) => typeof it === 'string' && Object.hasOwn(meters, it), 'Unknown meter'),
      scope: z.custom<BudgetScope<Dimension>>((it) => scope.safeParse(it).success, scopeProblem).optional(),
      limit: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
      window: z.enum(['hour', 'day', 'month', 'period']),
      timeZone: z.string().max(64).refine(isTimeZone, 'Unknown time zone').optional(),
      mode: z.enum(['block', 'notify']).optional(),
      thresholds: thresholds.optional(),
    })
    .refine((it) => !it.scope || Object.hasOwn(meters[it.meter]?.dimensions ?? {}, it.scope.dimension), {
      path: ['scope', 'dimension'],
      message: 'The meter has no such dimension',
    })
