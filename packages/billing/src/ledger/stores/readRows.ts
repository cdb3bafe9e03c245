import { z } from 'zod'

/** A position before all events. */
export const firstEvent = { customer: '', at: -1, attempt: '', meter: '' }

/** A day that is later than every day with usage. */
export const lastDay = '9999-12-31'

/** The schemas of the rows that both stores read. */
export const customerName = z.object({ customer: z.string() })
export const usageRow = z.object({ day: z.string(), meter: z.string(), amount: z.number() })
export const versionRow = z.object({ customer: z.string(), version: z.number() })
export const restoreRow = z.object({
  ledger: z.string(),
  restoredAt: z.number().nullable(),
  recoveredAt: z.number().nullable(),
})
/** `state` is null if the ledger doesn't have the event. */
export const eventStateRow = z.object({
  state: z.string().nullable(),
  pruneAt: z.number().nullable(),
  restoredAt: z.number().nullable(),
})
export const parkedRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  amount: z.number(),
  reason: z.string(),
})
