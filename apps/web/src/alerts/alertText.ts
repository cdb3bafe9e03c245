import type { Alert, AlertBudget, BalanceRow, PlanSummary } from '@metered/billing/client'
import { formatDay, formatNumber, formatPercent } from '../format/format.ts'
import { perWindow, resetTime } from '../format/limits.ts'
import { amountOf, type Meter, unitsOf } from '../format/meters.ts'
import { nextOfCredits } from '../plans/nextOfCredits.ts'

/** Returns what an alert says, such as `You've used 80% of your limit of 10 pictures a month`. */
export function alertTitle({ meter, threshold, used, limit, budget }: Alert<Meter>): string {
  // Round down, so that the text never says 100% while units are left.
  const percent = limit > 0 ? Math.floor((used * 100) / limit) : 100
  const whole = budget
    ? `your limit of ${amountOf(meter, limit)} ${perWindow[budget.window]}`
    : `your ${unitsOf(meter)}`
  if (threshold > 100 || percent < 100) return `You've used ${formatPercent(percent)} of ${whole}`
  return budget ? `You've reached ${whole}` : `You've used all ${whole}`
}

/** Returns the usage that raised an alert, such as `8 of 10 pictures`. */
export const alertUse = ({ meter, used, limit }: Alert<Meter>) =>
  `${formatNumber(used)} of ${amountOf(meter, limit)}`

/** Says what happens next: when the limit resets or the units renew, and whether the customer can continue. */
export function alertDetail(
  alert: Alert<Meter>,
  { row, plan }: { row: BalanceRow<Meter> | undefined; plan: PlanSummary | null | undefined },
): string {
  return alert.budget ? limitDetail(alert, alert.budget) : creditsDetail(alert, row, plan)
}

function limitDetail({ used, limit, resetsAt }: Alert<Meter>, { window, mode }: AlertBudget): string {
  const reset = resetsAt === null ? null : `The limit resets ${resetTime(window, resetsAt)}.`
  const effect =
    mode === 'notify' && used >= limit ? 'You can continue, because you chose “Only tell me”.' : null
  return [effect, reset].filter((part) => part !== null).join(' ')
}

function creditsDetail(
  { meter, resetsAt }: Alert<Meter>,
  row: BalanceRow<Meter> | undefined,
  plan: PlanSummary | null | undefined,
): string {
  // With overage, the status of a balance without units isn't `exhausted`.
  if (row?.available === 0 && row.held === 0 && row.status !== 'exhausted')
    return `Extra ${unitsOf(meter)} are billed as you use them.`
  const { event, at } = nextOfCredits(plan, resetsAt)
  if (at === null) return ''
  if (event === 'renew') return `Your credits renew on ${formatDay(at)}.`
  return `Your credits end on ${formatDay(at)}${event === 'endUnpaid' ? ' unless you pay' : ''}.`
}
