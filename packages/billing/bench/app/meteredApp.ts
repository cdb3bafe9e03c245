import { createBilling } from '../../src/index.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { type App, protectedProcedure, t, userOf } from './app.ts'
import { granted, meters, planSlug } from './pricing.ts'
import type { FlowgladAddress } from './usualApp.ts'
import { chunks, type Work } from './work.ts'

/** Three budgets that no call exceeds. */
const threeBudgets = (['hour', 'day', 'month'] as const).map((window) => ({
  meter: 'calls' as const,
  limit: granted,
  window,
}))

/**
 * Creates billing with the default options, except that calls wait longer for a slow Flowglad, and snapshots aren't
 * refreshed. Refreshes would distort the cost per call, because the number of refreshes depends on the number of
 * customers.
 */
export const createAppBilling = (
  ledger: Ledger,
  {
    flowglad: { url, key },
    delivers,
    hasBudgets,
  }: { flowglad: FlowgladAddress; delivers: boolean; hasBudgets: boolean },
) =>
  createBilling({
    meters,
    ledger,
    flowglad: { secretKey: key, baseUrl: url },
    customer: (ctx: { user: { id: string; name: string; email: string } }) => ctx.user,
    publicUrl: 'http://localhost',
    autoStart: delivers,
    ...(hasBudgets && { planBudgets: { [planSlug]: threeBudgets } }),
    options: { decisionMs: 20_000, snapshotMaxAgeMs: 3_600_000 },
  })

export function meteredApp(work: Work, billing: ReturnType<typeof createAppBilling>): App {
  const router = t.router({
    ping: billing.trpc.meteredProcedure(protectedProcedure)('calls').mutation(work.run),
    stream: protectedProcedure
      .use(billing.trpc.metered('calls', { hold: chunks, cost: ({ usage }) => usage.total }))
      .mutation(({ ctx }) => work.stream((units) => ctx.usage.add(units))),
  })
  return {
    router,
    createContext: (request) => ({ user: userOf(request), ...billing.trpc.request(request) }),
    caller: (user) => router.createCaller({ user }),
  }
}
