import { createBilling, defineMeters } from '@metered/billing'
import { sqliteLedger } from '@metered/billing/sqlite'
import { initTRPC, TRPCError } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'

/** Returns the member and the team in the cookie `session`. A real app would check a session. */
function sessionOf({ headers }: CreateHTTPContextOptions['req']) {
  const [, member, team] = /^session=(\w+)\.([\w-]+)$/.exec(headers.cookie ?? '') ?? []
  if (!member || !team) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return {
    member: { id: member, isOwner: member === 'ben' },
    team: { id: team, name: 'Acme', email: `${team}@example.com` },
  }
}

type Session = ReturnType<typeof sessionOf>

const { env } = process

export const billing = createBilling({
  meters: defineMeters({ generations: { dimensions: { member: 1000 } } }),
  ledger: sqliteLedger(env.LEDGER ?? ''),
  flowglad: { secretKey: env.FLOWGLAD_SECRET_KEY ?? '', baseUrl: env.FLOWGLAD_BASE_URL },
  // The team pays. `dimensions` and `mayChangeBudgets` read the member.
  customer: ({ team, member: _ }: Session) => team,
  mayChangeBudgets: ({ member }) => member.isOwner,
})

export const createContext = (opts: CreateHTTPContextOptions) => ({
  ...sessionOf(opts.req),
  ...billing.trpc.request(opts),
})

const t = initTRPC.context<typeof createContext>().create(billing.trpc.options())

export const appRouter = t.router({
  billing: billing.trpc.router({ protectedProcedure: t.procedure, publicProcedure: t.procedure }),
  session: t.procedure.query(({ ctx: { team, member } }) => ({ team, member })),
  makePicture: t.procedure
    .use(
      billing.trpc.metered('generations', { cost: 1, dimensions: ({ ctx }) => ({ member: ctx.member.id }) }),
    )
    .mutation(({ ctx }) => `A picture for ${ctx.member.id}`),
})

export type AppRouter = typeof appRouter
