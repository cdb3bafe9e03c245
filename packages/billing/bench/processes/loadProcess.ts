import { initTRPC } from '@trpc/server'
import { z } from 'zod'
import { serve } from '../../processes/serve.ts'
import { closedLoop, loadShape } from '../load/closedLoop.ts'
import { postCall } from '../load/postCalls.ts'

const t = initTRPC.create()
const target = z.object({ url: z.string(), procedure: z.enum(['ping', 'stream']), keyed: z.boolean() })

const router = t.router({
  run: t.procedure
    .input(z.object({ target, shape: loadShape, prefix: z.string() }))
    .mutation(({ input: { target, shape, prefix } }) =>
      closedLoop(shape, (customer) => postCall(target, `${prefix}-${customer}`)),
    ),
})
export type LoadControl = typeof router
await serve(router)
