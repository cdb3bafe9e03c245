import type {
  Alert,
  BalanceRow,
  BalancesAnswer,
  BillingStatement,
  Budget,
  ChangePreview,
  ChargeRow,
  Forfeit,
  PlanChange,
  PlanOffer,
  RefreshedBalances,
  UsageByValue,
  UsageDay,
  UsageQuery,
  UsageRange,
} from '@metered/billing/client'
import type { TRPCClient, TRPCClientError, TRPCClientErrorLike } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type BillingClient, createBillingHooks, type DimensionOf, type MeterOf } from '../src/index.ts'
import { type Dimension, hooks, type Meter } from './aBilling.tsx'

const t = initTRPC.create()
const nothing = z.object({}).optional()
const answer = async (): Promise<BalancesAnswer<Meter>> => ({
  customer: '',
  version: 0,
  balances: [],
  plan: null,
  asOf: null,
  lastAlertAt: 0,
})
const change = async (): Promise<PlanChange> => ({ plan: null, effectiveAt: 0, forfeits: [], charged: null })
const billing = t.router({
  balances: t.procedure.input(nothing).query(answer),
  onBalances: t.procedure.input(nothing).subscription(async function* () {
    yield await answer()
  }),
  refresh: t.procedure
    .input(nothing)
    .mutation(async (): Promise<RefreshedBalances<Meter>> => ({ ...(await answer()), ageMs: null })),
  usage: t.procedure.input(z.custom<UsageQuery<Dimension>>()).query((): UsageDay<Meter>[] => []),
  charges: t.procedure
    .input(z.object({ limit: z.number(), cursor: z.string().nullish() }))
    .query((): { charges: ChargeRow<Meter>[]; nextCursor: string | null } => ({
      charges: [],
      nextCursor: null,
    })),
  plans: t.procedure.input(nothing).query((): PlanOffer<Meter>[] => []),
  checkout: t.procedure
    .input(z.object({ priceSlug: z.string(), quantity: z.number().default(1) }))
    .mutation((): { url: string; forfeits: Forfeit[] } => ({ url: '', forfeits: [] })),
  statement: t.procedure.input(nothing).query((): BillingStatement<Meter> => {
    throw new Error('only the type matters')
  }),
  previewChange: t.procedure.input(z.object({ priceSlug: z.string() })).query((): ChangePreview<Meter> => {
    throw new Error('only the type matters')
  }),
  changePlan: t.procedure.input(z.object({ priceSlug: z.string() })).mutation(change),
  cancel: t.procedure.input(nothing).mutation(change),
  resume: t.procedure.input(nothing).mutation(change),
  budgets: t.procedure.input(nothing).query((): { budgets: Budget<Meter>[] } => ({ budgets: [] })),
  setBudget: t.procedure
    .input(
      z.object({
        meter: z.enum(['generations', 'tokens']),
        limit: z.number(),
        window: z.enum(['hour', 'day', 'month', 'period']),
        timeZone: z.string().optional(),
        mode: z.enum(['block', 'notify']).optional(),
        thresholds: z.array(z.number()).optional(),
      }),
    )
    .mutation((): { id: string } => ({ id: '' })),
  removeBudget: t.procedure
    .input(z.object({ id: z.string() }))
    .mutation((): { removed: boolean } => ({ removed: true })),
  alerts: t.procedure.input(nothing).query((): { alerts: Alert<Meter>[] } => ({ alerts: [] })),
})
const _app = t.router({ admin: t.router({ billing }) })

it('accepts the billing part of a tRPC client at any path', () => {
  expectTypeOf<TRPCClient<typeof _app>['admin']['billing']>().toExtend<BillingClient<Meter>>()
})

it('accepts only the app’s meters', () => {
  expectTypeOf(hooks.useBalance).parameter(0).toEqualTypeOf<Meter>()
  expectTypeOf(hooks.usePaywall).parameter(0).toEqualTypeOf<Meter | { message: string } | null>()
  expectTypeOf<ReturnType<typeof hooks.useBalance>['data']>().toEqualTypeOf<
    BalanceRow<Meter> | null | undefined
  >()
})

it('accepts a number of days or a range, but not both', () => {
  const _ranged = (range?: UsageRange) => hooks.useUsage(range)
  expectTypeOf<ReturnType<typeof _ranged>['data']>().toEqualTypeOf<UsageDay<Meter>[] | undefined>()
  expectTypeOf<{ days: number }>().toExtend<UsageRange>()
  expectTypeOf<{ from: string }>().toExtend<UsageRange>()
  expectTypeOf<{ from: string; to: string }>().toExtend<UsageRange>()
  expectTypeOf<{ days: number; from: string }>().not.toExtend<UsageRange>()
  expectTypeOf<{ to: string }>().not.toExtend<UsageRange>()
  expectTypeOf<{ from: Date }>().not.toExtend<UsageRange>()
})

it('infers the app’s meters from its client', () => {
  expectTypeOf<MeterOf<TRPCClient<typeof _app>['admin']['billing']>>().toEqualTypeOf<Meter>()
})

it('infers the app’s dimensions from its client, and accepts only these', () => {
  type Client = TRPCClient<typeof _app>['admin']['billing']
  expectTypeOf<DimensionOf<Client>>().toEqualTypeOf<Dimension>()
  expectTypeOf<Client>().toExtend<BillingClient<Meter, Dimension>>()
  type Query = Parameters<typeof hooks.useUsage>[0]
  expectTypeOf<Query['by']>().toEqualTypeOf<Dimension>()
})

it('includes values in the type only for usage by dimension', () => {
  const _values = () => hooks.useUsage({ by: 'model' }).data
  expectTypeOf<ReturnType<typeof _values>>().toEqualTypeOf<UsageByValue<Meter>[] | undefined>()
  const _days = () => hooks.useUsage({ days: 7 }).data
  expectTypeOf<ReturnType<typeof _days>>().toEqualTypeOf<UsageDay<Meter>[] | undefined>()
})

it('rejects dimensions if the hooks declare none', () => {
  const { useUsage: _useUsage } = createBillingHooks<Meter>()
  expectTypeOf<Parameters<typeof _useUsage>[0]['by']>().toEqualTypeOf<never>()
})

it('accepts every tRPC client’s errors, even if their type does not extend Error', () => {
  expectTypeOf<TRPCClientErrorLike<typeof _app>>().toExtend<Parameters<typeof hooks.usePaywall>[0]>()
  expectTypeOf<TRPCClientError<typeof _app>>().toExtend<Parameters<typeof hooks.usePaywall>[0]>()
})

it('returns TanStack Query’s results, including their functions', () => {
  expectTypeOf<ReturnType<typeof hooks.useBalances>['refetch']>().toBeFunction()
  expectTypeOf<ReturnType<typeof hooks.useCheckout>['mutate']>().toBeFunction()
  expectTypeOf<ReturnType<typeof hooks.useCharges>['fetchNextPage']>().toBeFunction()
})
