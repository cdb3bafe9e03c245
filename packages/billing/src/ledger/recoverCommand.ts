import { z } from 'zod'
import { amount, customer, eventId, listOf, operation, procedure, properties, text, time } from './fields.ts'

/** A usage event that Flowglad has and the ledger may have lost. */
export const recoverableEvent = eventId.extend({
  subscription: text(256),
  amount,
  procedure,
  priceId: text(256).nullable(),
  /** When the usage was booked. */
  at: time,
  properties,
  /** Null if the call had no key. */
  operation: operation.nullable(),
})

/**
 * Records events that Flowglad has and the ledger lost when it was restored from a backup. Also completes the
 * events' operations, and drops the waiting usage of other attempts at these operations.
 */
export const recover = z.object({
  type: z.literal('recover'),
  customer,
  events: listOf(recoverableEvent),
})
