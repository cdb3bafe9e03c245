import type { PlanSummary } from '@metered/billing/client'
import { formatDate, formatDay } from '../format/format.ts'

/** Returns when the paid period ends, such as `on 26 December 2026`. */
export const endOf = (plan: PlanSummary) => describe(plan, formatDate)

/** Returns when the paid period ends, for a button beside the full date: `on 26 December`. */
export const shortEndOf = (plan: PlanSummary) => describe(plan, formatDay)

const describe = ({ renewsAt }: PlanSummary, format: (at: number) => string) =>
  renewsAt === null ? 'at the end of the paid period' : `on ${format(renewsAt)}`
