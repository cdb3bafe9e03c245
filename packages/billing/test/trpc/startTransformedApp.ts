import { createTRPCClient, httpBatchLink, httpLink, wsLink } from '@trpc/client'
import { type DataTransformer, initTRPC } from '@trpc/server'
import { z } from 'zod'
import { idempotencyLink, keyHeaders } from '../../src/client/index.ts'
import { aUser, type Stack, startStack, type User } from '../flowglad/startStack.ts'
import { serveEverywhere } from './serveEverywhere.ts'

export interface TransformedSetup {
  transformer?: DataTransformer
  /** Whether the app passes its transformer to `billing.trpc.options`. Default: true. */
  declared?: boolean
  /** The work that the procedure runs. By default, it returns the number of the run. */
  work?: (input: unknown) => unknown
}

function createRouter(
  { billing }: Stack,
  setup: Required<Pick<TransformedSetup, 'work'>> & TransformedSetup,
) {
  const { transformer, declared = true, work } = setup
  // The transformer changes only the wire format, not the types that these tests use.
  const options = (transformer ? { transformer } : {}) as object
  const t = initTRPC
    .context<{ user: User }>()
    .create(declared ? billing.trpc.options(options) : { ...billing.trpc.options(), ...options })
  const metered = billing.trpc.meteredProcedure(t.procedure)
  return t.router({
    draw: metered('generations')
      .input(z.unknown())
      .mutation(({ input }) => work(input)),
  })
}

/** Starts an app whose procedure accepts and returns any value, over HTTP, over a WebSocket and in this process. */
export async function startTransformedApp(setup: TransformedSetup = {}) {
  const stack = await startStack()
  let runs = 0
  const { work = () => runs } = setup
  const count = (input: unknown) => {
    runs++
    return work(input)
  }
  const router = createRouter(stack, { ...setup, work: count })
  const served = await serveEverywhere(stack, router)
  const { url, socket } = served
  const options = setup.transformer ? { transformer: setup.transformer } : {}
  // The casts are needed because the links' types depend on whether the router has a transformer.
  const clientOf = (link: unknown) =>
    createTRPCClient<typeof router>({ links: [idempotencyLink(), link as ReturnType<typeof httpLink>] })
  const clients = {
    http: clientOf(httpLink({ url, headers: keyHeaders, ...options } as object as { url: string })),
    batch: clientOf(httpBatchLink({ url, headers: keyHeaders, ...options } as object as { url: string })),
    webSocket: clientOf(wsLink({ client: socket, ...options } as { client: typeof socket })),
  }
  return {
    ...stack,
    runs: () => runs,
    /**
     * Calls the procedure with `idempotencyKey`, through the given kind of client or, for `caller`, in this
     * process.
     */
    draw(from: Source, input: unknown, idempotencyKey: string): Promise<unknown> {
      if (from !== 'caller') return clients[from].draw.mutate(input, { context: { idempotencyKey } })
      const keyed = { ...Object(input), 'idempotency-key': idempotencyKey }
      return router.createCaller({ user: aUser() }).draw(keyed)
    },
    used: async () => (await stack.billing.balances(aUser())).balances[0]?.used,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
    },
  }
}

export type Source = 'http' | 'batch' | 'webSocket' | 'caller'
export const sources: Source[] = ['http', 'batch', 'webSocket', 'caller']
