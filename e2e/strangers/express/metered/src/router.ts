import { z } from 'zod'
import { billing } from './billing'
import { draw } from './draw'
import { protectedProcedure, publicProcedure, router } from './trpc'

export const appRouter = router({
  billing: billing.trpc.router({ protectedProcedure, publicProcedure }),
  me: publicProcedure.query(({ ctx }) => ctx.user),
  draw: protectedProcedure
    .input(z.object({ prompt: z.string().min(1) }))
    .use(billing.trpc.metered('drawings'))
    .mutation(({ input }) => draw(input.prompt)),
})

export type AppRouter = typeof appRouter
