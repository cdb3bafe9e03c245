import type { EventId, Operate } from '../commands.ts'

/**
 * Returns the ID of the act's record. An act whose record exists isn't done again. All refunds of a charge have the
 * same ID, so a charge is refunded only once. The record outlives the charge.
 */
export const actId = ({ id, act }: Operate): string => (act.type === 'refund' ? refundId(act) : id)

export const refundId = ({ attempt, meter }: EventId): string => `refund ${attempt} ${meter}`
