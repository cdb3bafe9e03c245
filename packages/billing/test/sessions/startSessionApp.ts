import { setTimeout } from 'node:timers/promises'
import {
  createTRPCClient,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  wsLink,
} from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { aUser, type StackSetup, startStack, type User } from '../flowglad/startStack.ts'
import { FetchEventSource } from '../trpc/FetchEventSource.ts'
import { serveEverywhere } from '../trpc/serveEverywhere.ts'

/** Counts and yields one token, and then yields empty strings until the reader leaves. */
async function* oneToken(count: (units: number) => void) {
  count(1)
  yield 'one'
  for (;;) {
    await setTimeout(10)
    yield ''
  }
}

/**
 * Starts an app whose session store a test can change. The app's streams stay open, and metered streams count one
 * unit.
 */
export async function startSessionApp({
  hasStore = true,
  options,
  ...setup
}: Pick<StackSetup, 'options' | 'clock'> & { hasStore?: boolean } = {}) {
  let read = async (_: { user: User }): Promise<{ id: string } | null> => aUser()
  let reads = 0
  const customer = (ctx: { user: User }) => {
    reads++
    return read(ctx)
  }
  const stack = await startStack({
    ...setup,
    started: false,
    options: { sessionCheckMs: 30, ...options },
    ...(hasStore ? { session: { id: () => 'the session', customer } } : {}),
  })
  const { metered, router: billingRouter } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(stack.billing.trpc.options())
  const written = t.procedure.use(metered('tokens', { hold: 50, cost: ({ usage }) => usage.total }))
  const checked = t.procedure.use(stack.billing.trpc.checkSession())
  const router = t.router({
    whoAmI: checked.query(({ ctx }) => ctx.user.id),
    news: checked.subscription(() => oneToken(() => {})),
    meteredNews: checked
      .use(metered('tokens', { hold: 50, cost: ({ usage }) => usage.total }))
      .subscription(({ ctx }) => oneToken(ctx.usage.add)),
    billing: billingRouter({ protectedProcedure: t.procedure, publicProcedure: t.procedure }),
    ping: t.procedure.use(metered('api_calls')).mutation(() => 'pong'),
    write: written.mutation(({ ctx }) => oneToken(ctx.usage.add)),
    writeLater: written.mutation(({ ctx }) => {
      ctx.usage.add(1)
      return { text: new Promise<string>(() => {}) }
    }),
    writeFree: t.procedure.use(metered('tokens', { cost: 0 })).mutation(() => oneToken(() => {})),
    watch: written.subscription(({ ctx }) => oneToken(ctx.usage.add)),
    observe: written.subscription(
      ({ ctx }) =>
        observable<string>((observer) => {
          ctx.usage.add(1)
          observer.next('one')
        }) as unknown as AsyncIterable<string>,
    ),
  })
  const served = await serveEverywhere(stack, router)
  const { url, socket } = served
  const http = createTRPCClient<typeof router>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({ url, EventSource: FetchEventSource }),
        false: splitLink({
          condition: ({ path }) => path.startsWith('write'),
          true: httpBatchStreamLink({ url }),
          false: httpLink({ url }),
        }),
      }),
    ],
  })
  const webSocket = createTRPCClient<typeof router>({ links: [wsLink({ client: socket })] })
  return {
    billing: stack.billing,
    router,
    http,
    webSocket,
    /** Replaces the session's owner in the store. If `next` is a function, the app calls it to read the session. */
    setSession(next: User | null | ((ctx: { user: User }) => Promise<User | null>)) {
      read = typeof next === 'function' ? next : async () => next
    },
    reads: () => reads,
    charged: async () =>
      (await stack.ledger.charges({ customer: 'ada', limit: 100, cursor: null })).charges.map(
        ({ meter, amount }) => [meter, amount],
      ),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
    },
  }
}
export type SessionApp = Awaited<ReturnType<typeof startSessionApp>>
