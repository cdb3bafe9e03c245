import { z } from 'zod'

/** The schemas of the rows that both stores read. */
export const customerName = z.object({ customer: z.string() })
export const usageRow = z.object({ day: z.string(), meter: z.string(), amount: z.number() })
export const versionRow = z.object({ customer: z.string(), version: z.number() })
export const parkedRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  amount: z.number(),
  reason: z.string(),
})
