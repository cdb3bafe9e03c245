import type { MeterOf } from '@metered/billing-react'
import type { AppRouter } from '@metered/server'
import type { TRPCClient } from '@trpc/client'

/** The slugs of the server's meters. */
export type Meter = MeterOf<TRPCClient<AppRouter>['billing']>
