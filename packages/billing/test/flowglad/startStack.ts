import { randomUUID } from 'node:crypto'
import { Flowglad } from '@flowglad/node'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { type Clock, systemClock } from '../../src/config/clock.ts'
import { type Logger, silent } from '../../src/config/logger.ts'
import type { MeterPolicy } from '../../src/contract/meters.ts'
import {
  type BillingOptions,
  type CustomerAlert,
  createBilling,
  type PastDuePolicy,
  type PlanBudgets,
  type SessionSource,
} from '../../src/index.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { meters, type User } from './meters.ts'
import { pricing } from './pricing.ts'
import { startProxy } from './startProxy.ts'

export { aUser, type User } from './meters.ts'

export const webhookSecret = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ='

/**
 * Pauses are short so that tests are fast. Timeouts are long so that tests pass on busy machines. No test
 * depends on the exact numbers.
 */
const quick: Partial<BillingOptions> = {
  deliverAfterMs: 0,
  deliverEveryMs: 50,
  deliverMaxPauseMs: 100,
  livePollMs: 50,
  sweepMs: 50,
  shutdownGraceMs: 2_000,
  fetchEveryMs: 100,
  decisionMs: 20_000,
}

export interface StackSetup {
  /** Default: `http://localhost:3000`. */
  publicUrl?: string | undefined
  trustedOrigins?: string[]
  options?: Partial<BillingOptions>
  pastDue?: PastDuePolicy
  mayChangeBudgets?: (ctx: { user: User }) => boolean | Promise<boolean>
  onAlert?: (alert: CustomerAlert) => unknown
  planBudgets?: PlanBudgets<keyof typeof meters, 'member'>
  /** Replaces the policies of these meters. */
  policies?: Partial<Record<keyof typeof meters, MeterPolicy>>
  ledger?: Ledger
  session?: SessionSource<{ user: User }>
  /** Whether to start delivery and the sweeper. Default: true. */
  started?: boolean
  /** Flowglad's pricing model. Default: Free, Pro, Scale and a credit pack. */
  pricing?: string
  /** Whether the first call starts delivery and the sweeper. Default: the value of `started`. */
  autoStart?: boolean
  /** Default: no logs. */
  logger?: Logger
  clock?: Clock
  /** A stack whose Flowglad and proxy the new stack shares. */
  beside?: { flowglad: FlowgladLocal; proxy: Proxy }
}
type Proxy = Awaited<ReturnType<typeof startProxy>>

/** Starts billing with a real ledger and flowglad-local. A proxy in front of flowglad-local simulates failures. */
export async function startStack({
  options,
  policies,
  ledger = sqliteLedger(':memory:'),
  started = true,
  beside,
  pricing: sold = pricing,
  logger = silent,
  autoStart = started,
  clock = systemClock,
  ...setup
}: StackSetup = {}) {
  const flowglad = beside?.flowglad ?? (await startFlowgladLocal({ pricing: sold }))
  const proxy = beside?.proxy ?? (await startProxy(flowglad.url))
  const billing = createBilling({
    meters: { ...meters, ...policies },
    ledger,
    flowglad: { secretKey: flowglad.key, baseUrl: proxy.url, webhookSecret },
    customer: (ctx: { user: User }) => ctx.user,
    publicUrl: 'http://localhost:3000',
    ...setup,
    options: { ...quick, ...options },
    autoStart,
    // Unique names let stacks share one ledger, as separate nodes do.
    instance: randomUUID(),
    logger,
    clock,
  })
  if (started) await billing.start()
  const direct = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })

  return {
    flowglad,
    proxy,
    billing,
    ledger,
    /** Reads and changes Flowglad's state without going through the proxy. */
    atFlowglad: {
      sdk: direct,
      async available(user: User, meter: string) {
        const { currentSubscription } = await direct.customers.retrieveBilling(user.id)
        const rows = currentSubscription?.experimental?.usageMeterBalances ?? []
        return rows.find(({ slug }) => slug === meter)?.availableBalance ?? null
      },
      /** Returns up to 100 usage events at Flowglad, in the order in which they were recorded. */
      async events(): Promise<{ amount: number; transactionId: string; subscriptionId: string }[]> {
        const all = await direct.get<{
          data: { amount: number; transactionId: string; subscriptionId: string }[]
        }>('/api/v1/usage-events', { query: { limit: 100 } })
        return all.data
      },
      /** Changes the plan: immediately if the price is higher, otherwise at the end of the period. */
      async adjust(user: User, priceSlug: string) {
        const { currentSubscription } = await direct.customers.retrieveBilling(user.id)
        await direct.subscriptions.adjust(currentSubscription?.id ?? '', {
          adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug, quantity: 1 }] },
        })
      },
      /** Buys the plan or pack with this price, as the customer would on the checkout page. */
      async pay(user: User, priceSlug: string, { card = '4242424242424242' } = {}) {
        const { checkoutSession } = await direct.checkoutSessions.create({
          checkoutSession: {
            type: 'product',
            customerExternalId: user.id,
            priceSlug,
            successUrl: 'http://localhost/',
            cancelUrl: 'http://localhost/',
          },
        })
        await direct.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, { body: { card } })
      },
      /** Pays the open invoice with a card that works. */
      async payOverdue(user: User) {
        const { currentSubscription } = await direct.customers.retrieveBilling(user.id)
        const { checkoutSession } = await direct.checkoutSessions.create({
          checkoutSession: {
            type: 'activate_subscription',
            customerExternalId: user.id,
            targetSubscriptionId: currentSubscription?.id ?? '',
            successUrl: 'http://localhost/',
            cancelUrl: 'http://localhost/',
          },
        })
        await direct.post(`/__test__/checkout-sessions/${checkoutSession.id}/complete`, { body: {} })
      },
    },
    async [Symbol.asyncDispose]() {
      await billing.close()
      if (beside) return
      await proxy[Symbol.asyncDispose]()
      await flowglad.close()
    },
  }
}

export type Stack = Awaited<ReturnType<typeof startStack>>
