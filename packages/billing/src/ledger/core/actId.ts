import type { EventId, Operate } from '../commands.ts'

/**
 * Returns the ID of the act's record. If the record exists, the act isn't repeated. All refunds of a charge have the
 * same ID, so a charge is refunded only once, even after the charge has been pruned.
 */
export const actId = ({ id, act }: Operate): string => (act.type === 'refund' ? refundId(act) : id)

export const refundId = ({ attempt, meter }: EventId): string => `refund ${attempt} ${meter}`
