import { z } from 'zod'
import { attempt, customer, eventId, meter, signedAmount, text } from './fields.ts'

/** An operator's act. Each act changes one customer's rows. */
const act = z.discriminatedUnion('type', [
  /** Makes a parked event due for a retry. */
  eventId.extend({ type: z.literal('retry') }),
  /**
   * Drops a parked event, and ends its retries immediately. `booked` decreases at the next install whose
   * lease was taken after the drop.
   */
  eventId.extend({ type: z.literal('drop') }),
  /** Ends the hold of an attempt that won't finish, and returns the held units. */
  z.object({ type: z.literal('release'), attempt }),
  /**
   * Adds units to the customer's balance, or subtracts units from it. The adjustment is valid until the
   * period ends.
   */
  z.object({ type: z.literal('adjust'), meter, amount: signedAmount }),
  /**
   * Returns a charge's units to the customer. The refund is valid until the period ends. A charge is refunded
   * only once.
   */
  eventId.extend({ type: z.literal('refund') }),
])

/** Performs an operator's act, and records it in the same transaction. */
export const operate = z.object({
  type: z.literal('operate'),
  customer,
  /** The ID (UUID) of the act's record. */
  id: text(64),
  /** The operator's name. */
  by: text(256),
  reason: text(1024),
  act,
})
