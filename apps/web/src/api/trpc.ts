import type { AppRouter } from '@metered/server'
import { createTRPCReact } from '@trpc/react-query'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

/**
 * Hooks for the server's procedures. After each mutation, BillingProvider invalidates all queries in
 * `trpc.billing`, so mutations don't need to call `utils.billing.invalidate()`.
 */
export const trpc = createTRPCReact<AppRouter>()

export type RouterOutput = inferRouterOutputs<AppRouter>

export type RouterInput = inferRouterInputs<AppRouter>
