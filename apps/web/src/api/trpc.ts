import type { AppRouter } from '@metered/server'
import { createTRPCReact } from '@trpc/react-query'
import type { inferRouterOutputs } from '@trpc/server'

/**
 * The server's procedures as hooks. BillingProvider invalidates everything below `trpc.billing` after each mutation, as
 * `utils.billing.invalidate()` would, so no mutation has to.
 */
export const trpc = createTRPCReact<AppRouter>()

export type RouterOutput = inferRouterOutputs<AppRouter>
