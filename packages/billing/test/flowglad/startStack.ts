import { Flowglad } from '@flowglad/node'
import { type FlowgladLocal, startFlowgladLocal } from 'flowglad-local'
import { type BillingOptions, createBilling, sqliteLedger } from '../../src/index.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { meters, type User } from './meters.ts'
import { pricing } from './pricing.ts'
import { startProxy } from './startProxy.ts'

export { aUser, type User } from './meters.ts'

export const webhookSecret = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ='

/** Pauses short enough for tests, and patience for a busy machine; no test asserts one. */
const quick: Partial<BillingOptions> = {
  deliverEveryMs: 50,
  deliverMaxPauseMs: 100,
  livePollMs: 50,
  sweepMs: 50,
  shutdownGraceMs: 2_000,
  fetchEveryMs: 100,
  decisionMs: 20_000,
}

export interface StackSetup {
  options?: Partial<BillingOptions>
  ledger?: Ledger
  /** Delivery and sweeping run by themselves. Default true. */
  started?: boolean
  /** What Flowglad sells. Default: Free, Pro, Scale and a pack. */
  pricing?: string
  /** Another node, whose Flowglad this one shares. */
  beside?: { flowglad: FlowgladLocal; proxy: Proxy }
}
type Proxy = Awaited<ReturnType<typeof startProxy>>

/** Billing over a real ledger, in front of a real flowglad-local behind a proxy that can break. */
export async function startStack({
  options,
  ledger = sqliteLedger(':memory:'),
  started = true,
  beside,
  pricing: sold = pricing,
}: StackSetup = {}) {
  const flowglad = beside?.flowglad ?? (await startFlowgladLocal({ pricing: sold }))
  const proxy = beside?.proxy ?? (await startProxy(flowglad.url))
  const billing = createBilling({
    meters,
    ledger,
    flowglad: { secretKey: flowglad.key, baseUrl: proxy.url, webhookSecret },
    customer: (ctx: { user: User }) => ctx.user,
    publicUrl: 'http://localhost:3000',
    options: { ...quick, ...options },
  })
  if (started) await billing.start()
  const direct = new Flowglad({ apiKey: flowglad.key, baseURL: flowglad.url, maxRetries: 0 })

  return {
    flowglad,
    proxy,
    billing,
    ledger,
    /** Flowglad's books, past the proxy. */
    books: {
      sdk: direct,
      async available(user: User, meter: string) {
        const { currentSubscription } = await direct.customers.retrieveBilling(user.id)
        const rows = currentSubscription?.experimental?.usageMeterBalances ?? []
        return rows.find(({ slug }) => slug === meter)?.availableBalance ?? null
      },
      /** Every usage event that Flowglad has, in the order it recorded them. */
      async events(): Promise<{ amount: number; transactionId: string; subscriptionId: string }[]> {
        const all = await direct.get<{
          data: { amount: number; transactionId: string; subscriptionId: string }[]
        }>('/api/v1/usage-events', { query: { limit: 100 } })
        return all.data
      },
      /** Pays for a price as its customer would on the checkout page. */
      async pay(user: User, priceSlug: string) {
        const { checkoutSession } = await direct.checkoutSessions.create({
          checkoutSession: {
            type: 'product',
            customerExternalId: user.id,
            priceSlug,
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
