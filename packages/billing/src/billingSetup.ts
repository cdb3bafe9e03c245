import type { Clock } from './config/clock.ts'
import type { Logger } from './config/logger.ts'
import type { BillingOptions } from './config/options.ts'
import type { CustomerAlert } from './contract/alerts.ts'
import type { Customer } from './contract/customer.ts'
import type { DimensionOf, MeterOf, Meters } from './contract/meters.ts'
import type { PastDuePolicy } from './contract/pastDue.ts'
import type { PlanBudgets } from './customer/planBudgets.ts'
import type { FlowgladSettings } from './flowglad/flowgladClient.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { SessionSource } from './sessions/sessionSource.ts'

/** The settings of `createBilling`. */
export interface BillingSetup<M extends Meters, Ctx extends object> {
  /** The result of `defineMeters`. */
  meters: M
  /**
   * `sqliteLedger(file)` or `postgresLedger(url)`. `billing.close()` also closes the ledger, unless a newer instance
   * uses it.
   */
  ledger: Ledger
  flowglad: FlowgladSettings
  /**
   * Returns the customer who pays for a call. Receives the context of your protected procedures. In the
   * parameter's type, declare the fields that the function reads.
   */
  customer: (ctx: Ctx) => Customer
  /**
   * Reads a session from its store. When the session ends, open streams end and calls over a WebSocket are
   * rejected, even if the context holds an older copy of the session. Default: only `customer` is called
   * again, with the same context.
   */
  session?: SessionSource<Ctx>
  /**
   * The app's public URL, to which checkouts return. Checkouts fail without it. Pages on this URL's origin
   * may make metered calls and change plans.
   */
  publicUrl?: string | undefined
  /**
   * Additional origins whose pages may make metered calls and change plans, such as `https://app.example`.
   * Set this if your pages and your API have different origins. Pages on the server's own origin are always
   * allowed. Requests from other pages are denied with `FOREIGN_ORIGIN`. Default: none.
   */
  trustedOrigins?: readonly string[] | undefined
  /**
   * The page where customers upgrade. Denials that an upgrade can end contain this link. Default: `/pricing`.
   */
  upgradeUrl?: string
  /**
   * The page where customers pay or change their card. `PAYMENT_OVERDUE` denials link to this page. Default:
   * `/billing`.
   */
  billingUrl?: string
  /**
   * Limits what customers can use while a renewal is unpaid. Default: the plan for 7 days, then the free
   * plan's grants.
   */
  pastDue?: PastDuePolicy
  /**
   * Budgets that apply to every customer of a plan, by the slug of the plan's price. For example, `{ free: [{ meter:
   * 'generations', limit: 5, window: 'hour' }] }` limits customers of Free to 5 generations per hour. Customers can't
   * change these budgets. A change to this setting takes effect when a customer's snapshot is next fetched from
   * Flowglad. Default: none.
   */
  planBudgets?: PlanBudgets<MeterOf<M>, DimensionOf<M>>
  /**
   * Returns whether the caller may set and remove the customer's budgets with the billing router. Default: no caller
   * may. `billing.budgets` doesn't call this function.
   */
  mayChangeBudgets?: (ctx: Ctx) => boolean | Promise<boolean>
  /**
   * Receives each alert. An alert is raised when a customer reaches a threshold of the plan's grant (default 80% and
   * 100%) or of a budget. The function is called at least once for each alert, on any node, and always with the same
   * `id`. If it throws or takes longer than 30 s, or if the process dies, it is called again after a pause, for up to a
   * week. For example, send an email with `alert.id` as its idempotency key. Default: alerts are only listed.
   */
  onAlert?: (alert: CustomerAlert<MeterOf<M>>) => unknown
  /** The paths that checkouts return to. Default: `/?checkout=success` and `/pricing?checkout=cancelled`. */
  returnPaths?: { success: string; cancelled: string }
  /** Default: `defaultOptions`. */
  options?: Partial<BillingOptions>
  /** pino, or a logger with the same methods. Default: warnings and errors go to the console. */
  logger?: Logger
  /**
   * Whether delivery and the sweeper start on the first call. Default: true. If false, only `start()` starts
   * them. Use false in scripts that only read, or that deliver usage with `drain()`.
   */
  autoStart?: boolean
  /**
   * The name of this billing instance in the process. A new instance replaces the earlier instance with the
   * same name: it uses the earlier instance's ledger, and takes over delivery. Default: the ledger's address,
   * so that hot reload doesn't leak connections. Set a name to run several nodes on one ledger in one
   * process. If the ledger is in memory or uses a `Pool`, also set a name. Otherwise, a new instance doesn't
   * replace the earlier instance.
   */
  instance?: string
  /** The clock. In tests that control time, pass a test clock. Default: the system clock. */
  clock?: Clock
}
