import { billingDenial } from '@metered/billing/client'
import { hashKey, type QueryClient } from '@tanstack/react-query'
import type { PaidCall } from './usePaidCall.ts'

/**
 * The idempotency key of each order, by QueryClient. The map is outside the hook, so an order keeps its key
 * when the user leaves a screen and returns.
 */
const orderKeys = new WeakMap<QueryClient, Map<string, string>>()

/**
 * Opens a checkout under the order's key, so that a second click or a retry opens the same page. If the
 * customer has already paid under that key, opens a page under a new key.
 */
export async function withOrderKey<Page>(
  queryClient: QueryClient,
  { priceSlug, quantity = 1 }: { priceSlug: string; quantity?: number },
  checkout: (call: PaidCall) => Promise<Page>,
): Promise<Page> {
  const keys = orderKeys.get(queryClient) ?? new Map<string, string>()
  orderKeys.set(queryClient, keys)
  const order = hashKey([priceSlug, quantity])
  const keyNow = () => {
    const key = keys.get(order) ?? crypto.randomUUID()
    keys.set(order, key)
    return key
  }
  const openUnder = (idempotencyKey: string) => checkout({ context: { idempotencyKey } })
  const key = keyNow()
  try {
    return await openUnder(key)
  } catch (error) {
    if (billingDenial(error)?.code !== 'ALREADY_COMPLETED') throw error
    // Delete only this call's key. A concurrent call may already have replaced it.
    if (keys.get(order) === key) keys.delete(order)
    return openUnder(keyNow())
  }
}
