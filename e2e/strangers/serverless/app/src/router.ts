import { z } from 'zod'
import { draw } from './draw.js'
import { protectedProcedure, publicProcedure, router } from './trpc.js'

export const appRouter = router({
  me: publicProcedure.query(({ ctx }) => ctx.user),
  draw: protectedProcedure
    .input(z.object({ prompt: z.string().min(1) }))
    .mutation(({ input }) => draw(input.prompt)),
})

export type AppRouter = typeof appRouter
