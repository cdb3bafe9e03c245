import { z } from 'zod'
import { billing } from './billing.js'
import { draw } from './draw.js'
import { protectedProcedure, publicProcedure, router } from './trpc.js'

export const appRouter = router({
  billing: billing.trpc.router({ protectedProcedure, publicProcedure }),
  me: publicProcedure.query(({ ctx }) => ctx.user),
  draw: protectedProcedure
    .input(z.object({ prompt: z.string().min(1) }))
    .use(billing.trpc.metered('drawings'))
    .mutation(({ input }) => draw(input.prompt)),
})

export type AppRouter = typeof appRouter
