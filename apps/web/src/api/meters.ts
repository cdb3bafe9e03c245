import type { DimensionOf, MeterOf } from '@metered/billing-react'
import type { AppRouter } from '@metered/server'
import type { TRPCClient } from '@trpc/client'

export type { Kinds } from '@metered/server'

type Client = TRPCClient<AppRouter>['billing']

/** The slugs of the server's meters. */
export type Meter = MeterOf<Client>

/** The names of the server's dimensions. */
export type Dimension = DimensionOf<Client>
