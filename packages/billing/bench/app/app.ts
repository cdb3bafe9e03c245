import { type AnyTRPCRouter, initTRPC, TRPCError } from '@trpc/server'
import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import type { Customer } from '../../src/index.ts'
import type { Work } from './work.ts'

/** A tRPC app with two mutations: `ping` does nothing, and `stream` returns a short stream. */
export interface App {
  router: AnyTRPCRouter
  createContext(request: CreateFastifyContextOptions): object
  /** Returns a caller that runs `ping` in this process. */
  caller(user: Customer): { ping(): Promise<unknown> }
}

/** Returns the user that a request header names. The header replaces a session. */
export const userOf = ({ req }: CreateFastifyContextOptions): Customer | null => {
  const { user } = req.headers
  return typeof user === 'string' ? aUser(user) : null
}

export const aUser = (id: string): Customer => ({ id, name: id, email: `${id}@example.com` })

export const t = initTRPC.context<{ user: Customer | null }>().create()

export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})

export function unmeteredApp(work: Work): App {
  const router = t.router({
    ping: protectedProcedure.mutation(work.run),
    stream: protectedProcedure.mutation(() => work.stream()),
  })
  return {
    router,
    createContext: (request) => ({ user: userOf(request) }),
    caller: (user) => router.createCaller({ user }),
  }
}
