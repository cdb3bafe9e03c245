import type { PlanSummary } from '@metered/billing/client'
import { formatDate } from '../format/format.ts'

/** Returns when the paid period ends, such as `on 26 December 2026`. */
export const endOf = ({ renewsAt }: PlanSummary) =>
  renewsAt === null ? 'at the end of the paid period' : `on ${formatDate(renewsAt)}`
