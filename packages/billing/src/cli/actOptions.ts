import { z } from 'zod'
import { text } from '../ledger/fields.ts'

/** The options of every command that changes a customer's rows. */
export const actOptions = {
  reason: text(1024),
  by: text(256).optional(),
  ledger: z.string().optional(),
}
