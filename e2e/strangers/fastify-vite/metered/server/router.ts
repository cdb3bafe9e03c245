import { z } from 'zod'
import { billing } from './billing.js'
import { draw } from './draw.js'
import { meteredProcedure, protectedProcedure, publicProcedure, router } from './trpc.js'

export const appRouter = router({
  billing: billing.trpc.router({ protectedProcedure, publicProcedure }),
  me: publicProcedure.query(({ ctx }) => ctx.user),
  draw: meteredProcedure('drawings')
    .input(z.object({ prompt: z.string().min(1) }))
    .mutation(({ input }) => draw(input.prompt)),
})

export type AppRouter = typeof appRouter
