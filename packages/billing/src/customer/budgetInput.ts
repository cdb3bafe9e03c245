import { z } from 'zod'
import type { Meters } from '../contract/meters.ts'
import { isTimeZone, thresholds } from '../ledger/budgetCommands.ts'

/**
 * The schema of a budget. Rejects meters that `defineMeters` doesn't name, and unknown time zones. Ignores other
 * properties, because over a WebSocket, the input also contains the call's key.
 */
export const budgetInput = <Meter extends string>(meters: Meters) =>
  z.object({
    meter: z.custom<Meter>((it) => typeof it === 'string' && Object.hasOwn(meters, it), 'Unknown meter'),
    limit: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    window: z.enum(['hour', 'day', 'month', 'period']),
    timeZone: z.string().max(64).refine(isTimeZone, 'Unknown time zone').optional(),
    mode: z.enum(['block', 'notify']).optional(),
    thresholds: thresholds.optional(),
  })
