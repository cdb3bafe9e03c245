import { initTRPC, TRPCError } from '@trpc/server'
import type { FetchCreateContextFnOptions } from '@trpc/server/adapters/fetch'
import { billing } from './billing.js'
import { userOf } from './user.js'

export const createContext = (opts: FetchCreateContextFnOptions) => ({
  user: userOf(opts.req),
  ...billing.trpc.request(opts),
})

const t = initTRPC.context<typeof createContext>().create(billing.trpc.options())

export const router = t.router
export const publicProcedure = t.procedure
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
