import type { Accounts } from './accounts.ts'
import type { Clock } from './clock.ts'
import type { Holds } from './holds.ts'
import type { Live } from './live.ts'
import type { Meters } from './meters.ts'
import type { BillingOptions } from './options.ts'
import type { Plans } from './plans.ts'

/** What the layers towards clients (tRPC, Fastify) stand on. */
export interface Service {
  meters: Meters
  options: BillingOptions
  upgradeUrl: string
  clock: Clock
  holds: Holds
  accounts: Accounts
  plans: Plans
  live: Live
}
