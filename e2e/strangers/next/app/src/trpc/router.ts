import { z } from 'zod'
import { draw } from '~/draw'
import { createContext, protectedProcedure, publicProcedure, router } from './init'

export const appRouter = router({
  me: publicProcedure.query(({ ctx }) => ctx.user),
  draw: protectedProcedure
    .input(z.object({ prompt: z.string().min(1) }))
    .mutation(({ input }) => draw(input.prompt)),
})

export type AppRouter = typeof appRouter

/** Creates a caller for server components and server actions. */
export const createCaller = async () => appRouter.createCaller(await createContext())
