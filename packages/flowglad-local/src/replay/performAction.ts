import { z } from 'zod'
import { sendRequest, type Target } from './request.ts'

const completed = z.object({ id: z.string() })
const shifted = z.object({ ms: z.int() })
const advanced = z.object({ subscriptionId: z.string() })
const subscribed = z.object({ subscription: z.object({ currentBillingPeriodEnd: z.number() }) })
const clock = z.object({ now: z.number() })

/**
 * Uses flowglad-local's test controls to repeat an action that happened outside the API. Skips other actions,
 * such as billing runs, because the server runs them when they are due.
 * @param path `/__ops/complete-checkout`, `/__ops/shift` or `/__ops/advance` (to the period's end)
 * @returns the status
 */
export async function performAction(path: string, request: unknown, target: Target): Promise<number> {
  const post = async (control: string, body: unknown) =>
    (await sendRequest(target, { method: 'POST', path: `/__test__${control}`, body })).status
  const get = async (from: string) => (await sendRequest(target, { method: 'GET', path: from })).body
  switch (path) {
    case '/__ops/complete-checkout':
      return post(`/checkout-sessions/${completed.parse(request).id}/complete`, {})
    case '/__ops/shift':
      return post('/clock/advance', shifted.parse(request))
    case '/__ops/advance': {
      const { subscriptionId } = advanced.parse(request)
      const { subscription } = subscribed.parse(await get(`/api/v1/subscriptions/${subscriptionId}`))
      const { now } = clock.parse(await get('/__test__/clock'))
      return post('/clock/advance', { ms: subscription.currentBillingPeriodEnd - now + 1000 })
    }
    default:
      return 200
  }
}
