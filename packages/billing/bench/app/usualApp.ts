import { randomUUID } from 'node:crypto'
import { FlowgladServer } from '@flowglad/server'
import { TRPCError } from '@trpc/server'
import type { Customer } from '../../src/index.ts'
import { type App, protectedProcedure, t, userOf } from './app.ts'
import type { Work } from './work.ts'

export interface FlowgladAddress {
  url: string
  key: string
}

/**
 * Creates the app without Metered, following the usual pattern: read the balance from Flowglad, check the
 * balance, run the work, and record the usage.
 */
export function usualApp(work: Work, flowglad: FlowgladAddress): App {
  const procedure = protectedProcedure.use(async ({ ctx, next }) => {
    const server = flowgladOf(ctx.user, flowglad)
    const billing = await server.getBilling()
    const balance = billing.checkUsageBalance('calls')
    const subscription = billing.currentSubscription
    if (!subscription || !balance || balance.availableBalance < 1) throw new TRPCError({ code: 'FORBIDDEN' })
    const result = await next()
    if (result.ok) {
      await server.createUsageEvent({
        subscriptionId: subscription.id,
        usageMeterSlug: 'calls',
        transactionId: randomUUID(),
        amount: 1,
      })
    }
    return result
  })
  const router = t.router({ ping: procedure.mutation(work.run) })
  return {
    router,
    createContext: (request) => ({ user: userOf(request) }),
    caller: (user) => router.createCaller({ user }),
  }
}

const flowgladOf = ({ id, name, email }: Customer, { url, key }: FlowgladAddress) =>
  new FlowgladServer({
    customerExternalId: id,
    baseURL: url,
    apiKey: key,
    getCustomerDetails: async () => ({ name, email }),
  })
