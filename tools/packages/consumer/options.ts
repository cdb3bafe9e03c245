import { createTRPCClient, httpLink, type TRPCClientError } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { ZodError } from 'zod'
import { billing } from './billing.js'

// Adding `data.billing` must not change the types of the app's own options.

const transformer = {
  serialize: (value: unknown): unknown => value,
  deserialize: (value: unknown): unknown => value,
}

export const t = initTRPC.context<{ requestId: string }>().create(
  billing.trpc.options({
    transformer,
    sse: { ping: { enabled: true } },
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: { ...shape.data, isInvalid: error.cause instanceof ZodError },
    }),
  }),
)

export const byHand = initTRPC.create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, ...billing.trpc.formatError({ error }) },
  }),
})

const router = t.router({ now: t.procedure.query(() => new Date()) })
type AppRouter = typeof router

export const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: '/trpc', transformer })] })
// @ts-expect-error: the link needs the server's transformer
httpLink<AppRouter>({ url: '/trpc' })

export const now: Promise<Date> = client.now.query()

export function explain(error: TRPCClientError<AppRouter>) {
  const isInvalid: boolean | undefined = error.data?.isInvalid
  const path: string | undefined = error.data?.path
  const meter: 'generations' | 'tokens' | undefined =
    error.data?.billing?.code === 'INSUFFICIENT_CREDITS' ? error.data.billing.meter : undefined
  // @ts-expect-error: no formatter adds this field
  error.data?.other
  return { isInvalid, path, meter }
}
