import { limits } from '../limits/limits.ts'
import { networkOf } from '../limits/networkOf.ts'
import { createRateLimit } from '../limits/rateLimit.ts'
import { addressKey } from './addressKey.ts'
import { countOrRefuse } from './countOrRefuse.ts'

/** Counts a request for an email. Rejects with an `APIError` if there were too many requests. */
export type CountMail = (request: { email: string; address: string }) => Promise<void>

/**
 * Limits the emails that one network can request for one recipient. Requests for addresses without an account
 * count too, so that the response doesn't reveal which addresses have an account.
 */
export function createMailLimit(): CountMail {
  const count = createRateLimit(limits.mailsPerRecipient)
  return ({ email, address }) =>
    countOrRefuse(() => count(`${addressKey(email)} ${networkOf(address) ?? address}`), {
      code: 'TOO_MANY_MAILS',
      message: 'Too many emails were requested for this address.',
    })
}
