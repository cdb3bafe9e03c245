import { initTRPC } from '@trpc/server'
import { startFlowgladLocal } from 'flowglad-local'
import { serve } from '../../processes/serve.ts'
import { pricing } from '../app/pricing.ts'

const flowglad = await startFlowgladLocal({ pricing })
const t = initTRPC.create()
const router = t.router({
  address: t.procedure.query(() => ({ url: flowglad.url, key: flowglad.key })),
})
export type FlowgladControl = typeof router
await serve(router, () => flowglad.close())
