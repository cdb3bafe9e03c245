import { billingDenial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { isLost } from '../api/isLost.ts'
import { plural } from '../format/format.ts'

/** A call that did not happen, for people: what happened, what it cost, and which way leads on. */
export interface Explanation {
  title: string
  detail: string
  /** `again` may have to wait `retryAfterMs` first. */
  next: 'again' | 'signIn' | 'plans' | 'withoutFeature' | 'credits' | 'rephrase'
  retryAfterMs?: number
  /** Something does not work; otherwise the answer is a no, or a "wait". */
  broken?: true
}

const free = 'Nothing was charged.'

export function explainDenial(error: unknown): Explanation {
  const denial = billingDenial(error)
  if (denial !== null)
    switch (denial.code) {
      case 'INSUFFICIENT_CREDITS':
        return { title: 'Not enough credits', detail: free, next: 'credits' }
      case 'NO_SUBSCRIPTION':
        return {
          title: 'You have no active plan',
          detail: `${free} Choose a plan to go on.`,
          next: 'plans',
        }
      case 'FEATURE_NOT_INCLUDED':
        return {
          title: `${featureName(denial.feature)} is not part of your plan`,
          detail: `${free} Go on without it, or choose a plan that includes it.`,
          next: 'withoutFeature',
        }
      case 'IN_PROGRESS':
        return {
          title: 'This is still being worked on',
          detail: 'It is charged once, however often you press the button.',
          next: 'again',
          retryAfterMs: denial.retryAfterMs,
        }
      case 'ALREADY_COMPLETED':
        return {
          title: 'This already went through',
          detail: 'It was charged once and is not charged again.',
          next: 'rephrase',
        }
      case 'BILLING_UNAVAILABLE':
        if (denial.chargeUnconfirmed)
          return {
            title: 'This is done, but not booked yet',
            detail: 'Try again in a moment: you get the result and are not charged twice.',
            next: 'again',
            retryAfterMs: denial.retryAfterMs,
          }
        return {
          title: 'Your credits cannot be checked right now',
          detail: `${free} Your credits are safe, and this usually passes within a minute.`,
          next: 'again',
          broken: true,
          retryAfterMs: denial.retryAfterMs,
        }
      case 'KEY_REUSED':
      case 'KEY_INVALID':
      case 'KEY_REQUIRED':
        return { title: 'This request was not accepted', detail: `${free} Please try again.`, next: 'again' }
      default:
        return denial satisfies never
    }

  if (!navigator.onLine)
    return {
      title: 'You are offline',
      detail: `${free} What you typed is still here; try again once you are connected.`,
      next: 'again',
    }
  if (isLost(error))
    return {
      title: 'The connection broke before the answer came',
      detail: 'Try again: if it went through after all, you get its result and are not charged twice.',
      next: 'again',
      broken: true,
    }

  const data = error instanceof TRPCClientError ? error.data : undefined
  switch (data?.httpStatus) {
    case 401:
      return {
        title: 'Your session has ended',
        detail: `${free} Sign in again to go on; what you typed is kept.`,
        next: 'signIn',
      }
    case 422:
      return {
        title: 'This prompt breaks the content policy',
        detail: `${free} Change the wording and try again.`,
        next: 'rephrase',
      }
    case 429: {
      const retryAfterMs = typeof data.retryAfterMs === 'number' ? data.retryAfterMs : 5_000
      return {
        title: 'That was a lot at once',
        detail: `${free} Wait ${plural(Math.ceil(retryAfterMs / 1000), 'second', 'seconds')}, then try again.`,
        next: 'again',
        retryAfterMs,
      }
    }
    case 400:
      return {
        title: 'This request was not accepted',
        detail: `${free} Check what you typed and try again.`,
        next: 'rephrase',
      }
    default:
      return {
        title: 'Something went wrong on our side',
        detail: `${free} Trying again often helps.`,
        next: 'again',
        broken: true,
      }
  }
}

const featureNames: Record<string, string> = { hd: 'HD' }

function featureName(slug: string): string {
  return featureNames[slug] ?? slug
}
