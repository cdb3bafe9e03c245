import { initTRPC, TRPCError } from '@trpc/server'
import { cache } from 'react'
import { billing } from '~/billing'
import { currentUser } from '~/user'

export const createContext = cache(async () => ({ user: await currentUser() }))

const t = initTRPC.context<typeof createContext>().create(billing.trpc.options())

export const router = t.router
export const publicProcedure = t.procedure
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
