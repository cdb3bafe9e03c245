import { z } from 'zod'
import { attempt, customer, eventId, meter, signedAmount, text } from './fields.ts'

/** An operator's act, which changes one customer's rows. */
const act = z.discriminatedUnion('type', [
  /** Schedules a parked event's next retry for now. */
  eventId.extend({ type: z.literal('retry') }),
  /**
   * Drops a parked event, and ends its retries immediately. The next install whose lease was taken after the drop
   * lowers `booked`.
   */
  eventId.extend({ type: z.literal('drop') }),
  /** Ends the hold of an attempt that won't finish, and returns its units. */
  z.object({ type: z.literal('release'), attempt }),
  /** Adds units to the customer's balance, or subtracts them, until the period ends. */
  z.object({ type: z.literal('adjust'), meter, amount: signedAmount }),
  /** Gives a charge's units back until the period ends. A charge is refunded only once. */
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
