import { Flowglad } from '@flowglad/node'
import { FlowgladServer, FlowgladServerAdmin } from '@flowglad/server'
import { afterAll, beforeAll } from 'vitest'
import { type FlowgladLocalOptions, startFlowgladLocal } from '../src/index.ts'
import { studioPricing } from './studioPricing.ts'

export const dayMs = 24 * 60 * 60 * 1000

/** Starts a server with the studio's pricing and creates Flowglad's SDK clients for it. */
export async function startStudio(options: Partial<FlowgladLocalOptions> = {}) {
  const local = await startFlowgladLocal({ pricing: studioPricing, ...options })
  const connection = { apiKey: local.key, baseURL: local.url }
  // Disable retries, because tests expect errors.
  const node = new Flowglad({ ...connection, maxRetries: 0 })
  const admin = new FlowgladServerAdmin(connection)
  const server = (customerExternalId: string) =>
    new FlowgladServer({
      ...connection,
      customerExternalId,
      getCustomerDetails: async () => ({
        name: customerExternalId,
        email: `${customerExternalId}@studio.example`,
      }),
    })

  let transactions = 0
  const studio = {
    ...local,
    node,
    admin,
    server,
    /** Creates a customer on the free plan. */
    async customer(externalId: string) {
      await node.customers.create({
        customer: { externalId, name: externalId, email: `${externalId}@studio.example` },
      })
      return externalId
    },
    billing: (externalId: string) => node.customers.retrieveBilling(externalId),
    async plan(externalId: string) {
      const { currentSubscription } = await node.customers.retrieveBilling(externalId)
      if (!currentSubscription) throw new Error(`${externalId} has no plan`)
      return currentSubscription
    },
    /** Returns the current plan's available balance for each meter. */
    async balances(externalId: string): Promise<Record<string, number>> {
      const { currentSubscription } = await node.customers.retrieveBilling(externalId)
      const rows = currentSubscription?.experimental?.usageMeterBalances ?? []
      return Object.fromEntries(rows.map((row) => [row.slug, row.availableBalance]))
    },
    async use(
      externalId: string,
      usageMeterSlug: string,
      amount: number,
      properties?: Record<string, unknown>,
    ) {
      const { id } = await studio.plan(externalId)
      return node.usageEvents.create({
        usageEvent: {
          subscriptionId: id,
          transactionId: `use-${++transactions}`,
          amount,
          usageMeterSlug,
          ...(properties && { properties }),
        },
      })
    },
    /** Opens a checkout for a price. `pay` submits the checkout's form with a test card, as a browser would. */
    async checkout(externalId: string, priceSlug: string, quantity = 1) {
      const { checkoutSession, url } = await node.checkoutSessions.create({
        checkoutSession: {
          type: 'product',
          customerExternalId: externalId,
          priceSlug,
          quantity,
          successUrl: 'http://127.0.0.1/thanks',
          cancelUrl: 'http://127.0.0.1/back',
        },
      })
      return { session: checkoutSession, url, pay: (card?: string) => pay(url, card) }
    },
    async subscribe(externalId: string, priceSlug: string, { quantity = 1, card = cards.pays } = {}) {
      const { pay } = await studio.checkout(externalId, priceSlug, quantity)
      const answer = await pay(card)
      if (answer.status !== 303)
        throw new Error(`The checkout failed with ${answer.status}: ${await answer.text()}`)
      return studio.plan(externalId)
    },
    /** Moves the clock to just after the current period's end. */
    async renew(externalId: string) {
      const { currentBillingPeriodEnd } = await studio.plan(externalId)
      studio.advance((currentBillingPeriodEnd ?? 0) - studio.now() + 1)
    },
  }
  return studio
}

export type Studio = Awaited<ReturnType<typeof startStudio>>

/** Starts one server before the file's first test. Returns a function that returns the server. */
export function sharedStudio(prepare: (studio: Studio) => Promise<unknown> = async () => {}) {
  let studio: Studio
  beforeAll(async () => {
    studio = await startStudio()
    await prepare(studio)
  })
  afterAll(() => studio.close())
  return () => studio
}

export const cards = {
  pays: '4242 4242 4242 4242',
  declined: '4000 0000 0000 0002',
  asks: '4000 0025 0000 3155',
  failsLater: '4000 0000 0000 0341',
}

/** Submits the checkout's form, as a browser without JavaScript would. */
export const pay = (url: string, card = cards.pays, more: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'Ada', email: 'ada@studio.example', card, ...more }),
  })
