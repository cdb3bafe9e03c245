import type { BillingStatement, PlanSummary } from '@metered/billing/client'
import { formatDay, formatMoney } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { methodText } from '../format/payments.ts'

type Statement = BillingStatement<Meter> | undefined
type PastDue = NonNullable<PlanSummary['pastDue']>

/** A notice about an overdue payment. */
interface PastDueText {
  title: string
  /** The amount due, and the next retry unless it comes too late to keep the plan. Null if both are unknown. */
  due: string | null
  /** Says which credits remain, how to keep the plan or get all credits back, and when a late retry charges the card. */
  detail: string
}

/**
 * Explains an overdue payment. `lost` names the remaining credits that don't renew, such as `50 pictures from packs`.
 * Returns null if no payment is overdue.
 */
export function pastDueText(
  plan: PlanSummary,
  statement: Statement,
  lost: string | null,
): PastDueText | null {
  const { pastDue } = plan
  if (pastDue === undefined) return null
  const retry = retryOf(statement)
  // A retry after the grace period is too late to keep the plan, so name the customer's own deadline first.
  const isTooLate =
    retry !== null &&
    pastDue.state === 'grace' &&
    pastDue.graceEndsAt !== null &&
    retry.at >= pastDue.graceEndsAt
  return {
    title: pastDue.state === 'grace' ? 'Your last payment failed' : 'Your payment is overdue',
    due: joined(amountDueText(plan, statement), retry && !isTooLate && `We'll try ${retry.text}.`),
    detail:
      joined(
        plan.cancelsAt === null
          ? unpaidText(plan.name, pastDue, lost)
          : canceledText(plan.name, pastDue, plan.cancelsAt, lost),
        retry && isTooLate && `If you don't, we'll try ${retry.text}.`,
        pastDue.state === 'free' && pausedPacksText(statement),
      ) ?? '',
  }
}

function unpaidText(name: string, { state, graceEndsAt }: PastDue, lost: string | null): string {
  switch (state) {
    case 'grace': {
      const by = graceEndsAt === null ? '' : ` by ${formatDay(graceEndsAt)}`
      return `Pay${by} to keep ${name}${lost === null ? '' : ` and your ${lost}`}.`
    }
    case 'free':
      return `Until you pay, you have the Free plan's credits. When you pay, you'll get ${name} and all its credits back.`
    case 'denied':
      return `You can't use your credits until you pay for ${name}.`
    default:
      return state satisfies never
  }
}

/** Explains how to pay for a plan that is scheduled to end. The payment page would undo the cancellation. */
function canceledText(name: string, pastDue: PastDue, endsAt: number, lost: string | null): string {
  const pay = `choose “Keep ${name}” first, then pay.`
  const credits = creditsText(name, pastDue, endsAt, lost)
  switch (pastDue.state) {
    case 'grace':
      return `${credits} If you want to stay on ${name}, ${pay}`
    case 'free':
      return `${credits} To get ${name} and all its credits back, ${pay}`
    case 'denied':
      return `${credits} To use them again, ${pay}`
    default:
      return pastDue.state satisfies never
  }
}

/** Says which credits the customer has until a canceled plan ends. */
function creditsText(
  name: string,
  { state, graceEndsAt }: PastDue,
  endsAt: number,
  lost: string | null,
): string {
  const extra = lost === null ? '' : ` and your ${lost}`
  switch (state) {
    case 'grace':
      return graceEndsAt === null || graceEndsAt >= endsAt
        ? `You keep ${name}${extra === '' ? ' and its credits' : `, its credits${extra}`} until it ends.`
        : `You keep ${name}'s credits${extra} until ${formatDay(graceEndsAt)}.`
    case 'free':
      return "You have the Free plan's credits until you pay."
    case 'denied':
      return "You can't use your credits now."
    default:
      return state satisfies never
  }
}

/**
 * Says that an overdue payment pauses the credits of packs. Names no number, because the balances don't contain paused
 * credits. Returns null if the customer has bought no pack.
 */
function pausedPacksText(statement: Statement): string | null {
  const bought = statement?.payments.some(
    ({ status, items }) => status === 'paid' && items.some(({ kind }) => kind === 'pack'),
  )
  return bought ? "Credits left from packs are paused too. They'll come back when you pay." : null
}

/**
 * Says what a cancellation changes for an overdue plan. Flowglad stops trying the card as soon as the cancellation is
 * scheduled, and never collects the payment after the plan has ended. `endsAt` is the date on which the plan would end.
 * `lost` names the remaining credits that don't renew. Returns null if no payment is overdue.
 */
export function cancelOverdueText(
  { name, pastDue }: PlanSummary,
  statement: Statement,
  endsAt: number | null,
  lost: string | null,
) {
  if (pastDue === undefined) return null
  const due = amountOfOverdue(statement)
  return [
    `We'll stop trying your card. ${due ?? 'Your payment'} will be due only if you keep ${name}.`,
    creditsText(name, pastDue, endsAt ?? Number.POSITIVE_INFINITY, lost),
    'To pay later, undo the cancellation first.',
  ].join(' ')
}

/**
 * Returns whether the hosted page charges the overdue amount now. Doesn't use the status, because undoing a cancellation
 * sets it to `active`. While a cancellation is scheduled, the page saves a card without charging it.
 */
export const canPayNow = (plan: PlanSummary | null | undefined): boolean =>
  plan?.pastDue !== undefined && !plan.isFree && plan.cancelsAt === null

/** Asks the customer to pay the overdue amount before a change to another paid plan. */
export function payFirstText(plan: PlanSummary, statement: Statement): string {
  const due = amountOfOverdue(statement)
  const pay = canPayNow(plan)
    ? `Pay ${due === null ? '' : `${due} `}for ${plan.name} first`
    : `Keep ${plan.name} and pay for it first`
  return `${pay}, then you can change your plan.`
}

function amountDueText({ name, cancelsAt }: PlanSummary, statement: Statement): string | null {
  const amount = amountOfOverdue(statement)
  return amount && `${amount} is due${cancelsAt === null ? '' : ` only if you keep ${name}`}.`
}

function amountOfOverdue(statement: Statement): string | null {
  return statement?.overdue ? formatMoney(statement.overdue.amount, statement.overdue.currency) : null
}

/** Returns the time of the next charge of the overdue amount, and a text such as `Visa ending in 4242 again on 3 May`. */
function retryOf(statement: Statement): { at: number; text: string } | null {
  if (!statement?.overdue || statement.overdue.retriesAt === null) return null
  const { retriesAt: at } = statement.overdue
  const method = statement.method ? methodText(statement.method) : 'your card'
  return { at, text: `${method} again on ${formatDay(at)}` }
}

const joined = (...sentences: (string | null | false)[]): string | null =>
  sentences.filter(Boolean).join(' ') || null
