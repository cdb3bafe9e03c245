import type { BillingSetup } from '../billingSetup.ts'
import type { Clock } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import type { DimensionOf, MeterOf, Meters } from '../contract/meters.ts'
import type { Accounts } from '../customer/accounts.ts'
import type { Alerts } from '../customer/alerts.ts'
import type { Budgets } from '../customer/budgets.ts'
import type { Plans } from '../customer/plans.ts'
import type { Watchers } from '../customer/watchers.ts'
import { refusalOf } from '../http/refusal.ts'
import { canCarryInput, headerOf } from '../http/requestSource.ts'
import type { MeterCost, MeteredLeg, Usage } from '../metering/cost.ts'
import type { DenialCounts } from '../metering/denialCounts.ts'
import type { LegSettingsOf } from '../metering/legSettings.ts'
import type { Operation } from '../metering/operation.ts'
import type { SessionChecks } from '../sessions/sessionChecks.ts'
import { AppTrpc } from './appTrpc.ts'
import { assertTrpcVersion } from './assertTrpcVersion.ts'
import { balancesMeta, sendBalances } from './balancesMeta.ts'
import { BillingRequest } from './billingRequest.ts'
import { createBillingRouter } from './billingRouter.ts'
import type { BillingTrpc } from './billingTrpc.ts'
import { checkSession } from './checkSession.ts'
import { confirmSession } from './confirmSession.ts'
import { createErrorOptions } from './errorOptions.ts'
import {
  type CallOptions,
  type MeteredMiddleware,
  type MeteringParts,
  meteredMiddleware,
  nameOfPath,
} from './meteredMiddleware.ts'
import { Transformer } from './transformer.ts'
import { Warnings } from './warnings.ts'

export interface TrpcServices {
  meters: Meters
  options: BillingOptions
  clock: Clock
  logger: Logger
  operation: Operation
  accounts: Accounts
  plans: Plans
  budgets: Budgets
  alerts: Alerts
  watchers: Watchers
  legSettings: LegSettingsOf
  sessions: SessionChecks
  denialCounts: DenialCounts
  /** The origins whose pages may make calls. */
  trustedOrigins: ReadonlySet<string>
}

/**
 * Creates the parts that a tRPC app uses: middlewares, the billing router, the error formatter, and
 * the request context.
 */
export function createTrpc<M extends Meters, Ctx extends object>(
  services: TrpcServices,
  { customer, mayChangeBudgets = () => false }: Pick<BillingSetup<M, Ctx>, 'customer' | 'mayChangeBudgets'>,
): BillingTrpc<M, Ctx> {
  type Meter = MeterOf<M>
  assertTrpcVersion()
  const app = new AppTrpc()
  const transformer = new Transformer()
  const parts: MeteringParts = { ...services, app, warnings: new Warnings(services.logger), transformer }
  // The parameter is `object`, because a middleware typed with `Ctx` would fit only procedures whose context
  // is a `Ctx`. TypeScript can't simplify tRPC's types while `Ctx` is a type parameter.
  const readCustomer = (ctx: object) => customer(ctx as Ctx)

  function metered<Input>(
    meter: Meter,
    options?: MeterCost<Input> & CallOptions<Input, Ctx>,
  ): MeteredMiddleware<Ctx, Usage, Input>
  function metered<Input, Metered extends Meter>(
    costs: { [Slug in Metered]: MeterCost<Input> },
    options?: CallOptions<Input, Ctx>,
  ): MeteredMiddleware<Ctx, Record<Metered, Usage>, Input>
  function metered<Input, Metered extends Meter>(
    meters: Meter | { [Slug in Metered]: MeterCost<Input> },
    options: MeterCost<Input> & CallOptions<Input, Ctx> = {},
  ): MeteredMiddleware<Ctx, Usage, Input> | MeteredMiddleware<Ctx, Record<Metered, Usage>, Input> {
    if (typeof meters === 'string') {
      return meteredMiddleware<Ctx, Usage, Input>(parts, {
        readCustomer,
        costs: [[known(meters), options]],
        usageOf: firstUsage,
        call: options,
      })
    }
    const costs = Object.entries<MeterCost<Input> | undefined>(meters).map(
      ([meter, cost]): [string, MeterCost<Input>] => [known(meter), cost ?? {}],
    )
    if (costs.length === 0) throw new TypeError('metered({ … }) names no meter. Name at least one.')
    return meteredMiddleware<Ctx, Record<Metered, Usage>, Input>(parts, {
      readCustomer,
      costs,
      usageOf: usageByMeter<Metered>,
      call: options,
    })
  }

  const known = (meter: string) => {
    if (Object.hasOwn(services.meters, meter)) return meter
    throw new TypeError(`There is no meter "${meter}". Add it to defineMeters.`)
  }

  return {
    metered,

    meteredProcedure(base) {
      app.inspect(base)
      // This cast is safe, because the parameter's type ensures that `customer` can read the context.
      return (meter, amount = 1) => base.use<{ usage: Usage }>(metered(meter, { cost: amount }) as never)
    },

    requireFeature:
      (feature) =>
      async ({ ctx, getRawInput, signal, path, type, next }) => {
        await app.run(async () => {
          const customer = readCustomer(ctx)
          const call = { ctx, getRawInput, signal, isSubscription: type === 'subscription' }
          await confirmSession(services.sessions, call, customer.id)
          await services.denialCounts.during({ customer: customer.id, procedure: nameOfPath(path) }, () =>
            services.accounts.requireFeature(customer, feature),
          )
        })
        return next({ ctx: {} })
      },

    checkSession: () => checkSession(parts, readCustomer),

    router: createBillingRouter<Meter, DimensionOf<M>>(parts, {
      readCustomer,
      mayChangeBudgets: (ctx) => mayChangeBudgets(ctx as Ctx),
    }),

    ...createErrorOptions<Meter>(transformer),

    request({ req, info, ...response }) {
      const header = services.options.keyHeader
      return {
        billingRequest: new BillingRequest({
          keys: headerOf(req, header),
          info,
          header,
          canCarryInput: canCarryInput(req),
          openedAt: services.sessions.now(),
          refusal: refusalOf(req, services.trustedOrigins),
          onBalances: (balances) => sendBalances(response, balances),
        }),
      }
    },

    responseMeta: ({ ctx }) => balancesMeta(ctx),
  }
}

const firstUsage = ([leg]: MeteredLeg[]): Usage => {
  if (!leg) throw new Error('A metered call has no meter')
  return leg.usage
}
/** The cast is safe, because each named meter has one leg. */
const usageByMeter = <Meter extends string>(legs: MeteredLeg[]) =>
  Object.fromEntries<Usage>(legs.map(({ meter, usage }) => [meter, usage])) as Record<Meter, Usage>
