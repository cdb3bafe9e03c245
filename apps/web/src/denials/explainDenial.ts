import { billingDenial, type Denial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { isLost } from '../api/isLost.ts'
import { isUnsent } from '../api/offlineLink.ts'
import { formatNumber, plural } from '../format/format.ts'
import { periodName, resetTime } from '../format/limits.ts'
import { amountOf, isMeter } from '../format/meters.ts'

/** Explains a denied or failed call to the customer: what happened, what it cost, and what to do next. */
export interface Explanation {
  title: string
  detail: string
  /** The next step to suggest. If `retryAfterMs` is set, the customer can try again only after that time. */
  next: 'again' | 'signIn' | 'payment' | 'plans' | 'withoutFeature' | 'credits' | 'limits' | 'rephrase'
  retryAfterMs?: number
  /** True if the server or the connection failed. The notice is then critical instead of a warning. */
  broken?: true
}

type OverLimit = Extract<Denial, { code: 'BUDGET_EXCEEDED' }>

const free = 'Nothing was charged.'

export function explainDenial(error: unknown): Explanation {
  const denial = billingDenial(error)
  if (denial !== null)
    switch (denial.code) {
      case 'INSUFFICIENT_CREDITS':
        return { title: 'Not enough credits', detail: free, next: 'credits' }
      case 'PAYMENT_OVERDUE':
        return {
          title: 'Your payment is overdue',
          detail: `${free} Pay for your plan to use all its credits again.`,
          next: 'payment',
        }
      case 'BUDGET_EXCEEDED':
        return explainLimit(denial)
      case 'NO_SUBSCRIPTION':
        return {
          title: 'You have no active plan',
          detail: `${free} Choose a plan to continue.`,
          next: 'plans',
        }
      case 'CUSTOMER_ARCHIVED':
        return {
          title: 'Your account is closed',
          detail: `${free} Contact us to reopen it.`,
          next: 'again',
        }
      case 'FEATURE_NOT_INCLUDED':
        return {
          title: `${featureName(denial.feature)} is not included in your plan`,
          detail: `${free} Continue without it, or choose a plan that includes it.`,
          next: 'withoutFeature',
        }
      case 'IN_PROGRESS':
        return {
          title: 'Your request is still in progress',
          detail: "You'll be charged once, even if you try again.",
          next: 'again',
          retryAfterMs: denial.retryAfterMs,
        }
      case 'ALREADY_COMPLETED':
        return {
          title: 'Your request is already done',
          detail: "You were charged once and won't be charged again.",
          next: 'rephrase',
        }
      case 'BILLING_UNAVAILABLE':
        if (denial.chargeUnconfirmed)
          return {
            title: "Your request is done, but we haven't confirmed it yet",
            detail: "Try again in a moment to get the result. You won't be charged twice.",
            next: 'again',
            retryAfterMs: denial.retryAfterMs,
          }
        return {
          title: "We can't check your credits right now",
          detail: `${free} Your credits are safe. This problem usually lasts less than a minute.`,
          next: 'again',
          broken: true,
          retryAfterMs: denial.retryAfterMs,
        }
      case 'KEY_REUSED':
      case 'KEY_INVALID':
      case 'KEY_REQUIRED':
      case 'STREAM_REPLACED':
      case 'FOREIGN_ORIGIN':
      case 'PREFETCH':
        return { title: 'Your request was not accepted', detail: `${free} Please try again.`, next: 'again' }
      default:
        return denial satisfies never
    }

  // A notice at the top of the screen says that the browser is offline and that the text stays, so don't repeat it.
  if (isUnsent(error))
    return {
      title: "Your request wasn't sent",
      detail: `${free} Try again when you are back online.`,
      next: 'again',
    }
  if (isLost(error))
    return {
      title: 'The connection was lost before the response arrived',
      detail: "Try again. If your request went through, you'll get its result and won't be charged twice.",
      next: 'again',
      broken: true,
    }

  const data = error instanceof TRPCClientError ? error.data : undefined
  if (data?.emailUnverified === true)
    return {
      title: 'Confirm your email address first',
      detail: `${free} Open the link in the email that we sent you. Your text is still here.`,
      next: 'again',
    }
  switch (data?.httpStatus) {
    case 401:
      return {
        title: 'Your session has ended',
        detail: `${free} Sign in again to continue. Your text is still here.`,
        next: 'signIn',
      }
    case 422:
      return {
        title: 'This prompt is against our content policy',
        detail: `${free} Change the wording and try again.`,
        next: 'rephrase',
      }
    case 429:
      return wait('Too many requests', typeof data.retryAfterMs === 'number' ? data.retryAfterMs : 5_000)
    case 503:
      // A 503 response without `retryAfterMs` means that the model has failed.
      return typeof data.retryAfterMs === 'number'
        ? wait('Studio is busy right now', data.retryAfterMs)
        : failed
    case 400:
      return {
        title: 'Your request was not accepted',
        detail: `${free} Check your text and try again.`,
        next: 'rephrase',
      }
    default:
      return failed
  }
}

/** Explains a call that would exceed the customer's own limit. */
function explainLimit({ meter, limit, used, held, window, resetsAt }: OverLimit): Explanation {
  const amount = (units: number) => (isMeter(meter) ? amountOf(meter, units) : formatNumber(units))
  const left = limit - used - held
  const limitText = `your limit of ${amount(limit)} for ${periodName(window, resetsAt)}`
  const detail = [
    free,
    left > 0 ? `You have ${amount(left)} left under this limit.` : null,
    left <= 0 && used < limit ? 'The rest of your limit is reserved for work in progress.' : null,
    resetsAt === null ? null : `The limit resets ${resetTime(window, resetsAt)}.`,
  ]
  return {
    title: used < limit ? `This request would exceed ${limitText}` : `You've reached ${limitText}`,
    detail: detail.filter((part) => part !== null).join(' '),
    next: 'limits',
  }
}

const failed: Explanation = {
  title: 'Something went wrong on our side',
  detail: `${free} Please try again.`,
  next: 'again',
  broken: true,
}

const wait = (title: string, retryAfterMs: number): Explanation => ({
  title,
  detail: `${free} Wait ${plural(Math.ceil(retryAfterMs / 1000), 'second', 'seconds')}, then try again.`,
  next: 'again',
  retryAfterMs,
})

const featureNames: Record<string, string> = { hd: 'HD' }

function featureName(slug: string): string {
  return featureNames[slug] ?? slug
}
