import type { PlanSummary } from '@metered/billing/client'
import { formatDate, formatDay } from '../format/format.ts'

/** Returns the date on which the paid period ends, such as `on 26 December 2026`. */
export const endOf = (plan: PlanSummary) => describe(plan, formatDate)

/** Returns the date without the year, such as `on 26 December`, for a button below the full date. */
export const shortEndOf = (plan: PlanSummary) => describe(plan, formatDay)

const describe = ({ renewsAt }: PlanSummary, format: (at: number) => string) =>
  renewsAt === null ? 'at the end of the paid period' : `on ${format(renewsAt)}`

/** Says when a plan ends, such as `Pro ends on 26 December 2026, and Free starts.` */
export const endText = (name: string, endsAt: number, follower: string | null) =>
  `${name} ends on ${formatDate(endsAt)}${follower ? `, and ${follower} starts` : ''}.`
