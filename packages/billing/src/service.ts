import type { Clock } from './config/clock.ts'
import type { BillingOptions } from './config/options.ts'
import type { Meters } from './contract/meters.ts'
import type { Accounts } from './customer/accounts.ts'
import type { Plans } from './customer/plans.ts'
import type { Live } from './customer/watch.ts'
import type { Holds } from './metering/holds.ts'

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
