import type { AlertBudget, BalancesAnswer, CustomerAlert } from '@metered/billing'
import type { Mail } from './mailer.ts'
import { amountOf, type Meter, unitsOf } from './unitNames.ts'

export interface AlertMailParts {
  alert: CustomerAlert<Meter>
  to: string
  /** The recipient's name, or null if the email must not contain it. */
  name: string | null
  publicUrl: string
  /** The current balances and plan. The email uses them to say whether the customer can continue. */
  balances: Pick<BalancesAnswer, 'balances' | 'plan'>
}

/** Returns the email that tells a customer about an alert. */
export function alertMail({ alert, to, name, publicUrl, balances }: AlertMailParts): Mail {
  const { meter, used, limit, budget } = alert
  const greeting = name === null ? 'Hello,' : `Hello ${name},`
  const use = `You've used ${used.toLocaleString('en-US')} of ${amountOf(meter, limit)}.`
  const [next, invitation, path] = budget
    ? [nextOfLimit(alert, budget), 'Open Billing to change the limit:', '/billing#spend-limits']
    : [nextOfPlan(alert, balances), 'See your usage and your options:', '/usage']
  return {
    to,
    subject: subjectOf(alert),
    before: `${greeting}\n\n${[use, ...next].join(' ')}\n\n${invitation}`,
    link: `${publicUrl}${path}`,
    after:
      "You get this email because an account in Studio uses this address. If you don't have an account, ignore this email.",
  }
}

function subjectOf({ meter, threshold, used, limit, budget }: CustomerAlert<Meter>): string {
  const percent = limit > 0 ? Math.floor((used * 100) / limit) : 100
  const whole = budget
    ? `your limit of ${amountOf(meter, limit)} ${windows[budget.window]}`
    : `your ${unitsOf(meter)}`
  if (threshold > 100 || percent < 100) return `You've used ${percent}% of ${whole}`
  return budget ? `You've reached ${whole}` : `You've used all your ${unitsOf(meter)}`
}

const windows: Record<AlertBudget['window'], string> = {
  hour: 'an hour',
  day: 'a day',
  month: 'a month',
  period: 'per billing period',
}

function nextOfLimit({ resetsAt }: CustomerAlert<Meter>, { timeZone, mode }: AlertBudget): string[] {
  const effect =
    mode === 'block'
      ? "Studio stops requests that would exceed the limit, and doesn't charge for them."
      : "Studio doesn't stop at this limit, because you chose “Only tell me”."
  // A day or month starts at midnight in the budget's time zone, so the date is enough.
  const reset = resetsAt === null ? null : timeZone ? dayOf(resetsAt, timeZone) : timeOf(resetsAt)
  return [effect, ...(reset === null ? [] : [`The limit resets on ${reset}.`])]
}

function nextOfPlan(
  { meter, used, limit, resetsAt }: CustomerAlert<Meter>,
  { balances, plan }: AlertMailParts['balances'],
): string[] {
  const units = unitsOf(meter)
  const row = balances.find((it) => it.meter === meter)
  // On a plan with overage, the status isn't `exhausted` even though no units are left.
  const hasOverage = used >= limit && row?.available === 0 && row.held === 0 && row.status !== 'exhausted'
  return [
    ...(hasOverage ? [`You can continue. Extra ${units} are billed as you use them.`] : []),
    ...(plan?.cancelsAt != null
      ? [`Your plan ends on ${timeOf(plan.cancelsAt)}.`]
      : resetsAt !== null && !plan?.pastDue
        ? [`Your ${units} renew on ${timeOf(resetsAt)}.`]
        : []),
  ]
}

const dayOf = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone }).format(at)

/** Formats a time as `1 December at 14:05 UTC`. */
const timeOf = (at: number) =>
  `${new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  }).format(at)} UTC`
