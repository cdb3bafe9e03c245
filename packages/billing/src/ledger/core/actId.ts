import type { Operate } from '../commands.ts'

/**
 * Returns the ID of the act's record. An act whose record exists isn't done again. All refunds of a charge have the
 * same ID, so a charge is refunded only once. The record outlives the charge.
 */
export const actId = ({ id, act }: Operate): string =>
  act.type === 'refund' ? `refund ${act.attempt} ${act.meter}` : id
