import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { unavailable } from '../contract/errors.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import { flowgladError } from '../flowglad/flowgladError.ts'
import { askFlowglad } from './askFlowglad.ts'

type CheckoutParams = Parameters<FlowgladClient['checkout']>[0]

/** The name of the session's metadata field that contains our ID for the request. */
const requestId = 'meteredRequestId'

/** The schema of a session's URL. The browser opens this URL, so it must not be a script (`javascript:…`). */
const pageUrl = z.url({ protocol: /^https?$/ })

/**
 * Creates a checkout session and returns its ID and URL. Flowglad can create a session and then answer with
 * its own error (500). After such an error, looks up the session. Throws a `PlanChangeError` if Flowglad
 * rejects the request, and `BILLING_UNAVAILABLE` if it is unknown whether Flowglad created the session.
 */
export async function createCheckoutSession(
  flowglad: Pick<FlowgladClient, 'checkout' | 'findCheckout'>,
  params: CheckoutParams,
): Promise<{ id: string; url: string }> {
  const id = randomUUID()
  const create = async () => {
    try {
      return await flowglad.checkout({ ...params, outputMetadata: { [requestId]: id } })
    } catch (error) {
      const rejection = flowgladError(error)
      if (!rejection || rejection.status < 500) throw error
      const found = await flowglad.findCheckout(requestId, id).catch((cause: unknown) => {
        throw unavailable(2_000, cause)
      })
      if (!found) throw error
      return found
    }
  }
  const { checkoutSession, url } = await askFlowglad(create())
  return { id: checkoutSession.id, url: pageUrl.parse(url) }
}
