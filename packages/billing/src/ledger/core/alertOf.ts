import type { Alert } from '../reads.ts'
import type { AlertRow } from './alertRow.ts'

/** Returns the alert without the state of its delivery. */
export const alertOf = ({ deliverAt: _, deliveries: __, ...alert }: AlertRow): Alert => alert
