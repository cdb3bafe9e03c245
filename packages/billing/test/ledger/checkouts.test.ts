import { createTRPCClient, httpBatchLink, httpLink, type TRPCLink, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { billingDenial, idempotencyLink, keyHeaders } from '../../src/client/index.ts'
import { aUser, type Stack, startStack, type User } from '../flowglad/startStack.ts'
import { serveEverywhere } from '../trpc/serveEverywhere.ts'
import { openAt } from './processes/openAt.ts'
import { createStores, storeNames } from './processes/stores.ts'

interface Order {
  priceSlug: string
  quantity?: number
}

const pack: Order = { priceSlug: 'generation_pack' }
const sources = ['http', 'batch', 'webSocket', 'caller'] as const
type Source = (typeof sources)[number]

/** The customer who places the orders. */
interface Scene {
  customer: string
}

/** Starts a node that sells over HTTP, over a WebSocket and in this process. */
async function startNode(
  address: string,
  scene: Scene,
  { beside, clockOffset }: { beside?: Stack; clockOffset?: () => number } = {},
) {
  const opened = openAt(address, clockOffset && { offsetMs: clockOffset })
  const stack = await startStack({
    ledger: opened.ledger,
    options: { fetchBurst: 100 },
    ...(beside && { beside }),
  })
  const { billing } = stack
  const t = initTRPC.context<{ user: User }>().create(billing.trpc.options())
  const procedure = t.procedure.use(({ next }) => next({ ctx: { user: aUser(scene.customer) } }))
  const router = t.router({
    billing: billing.trpc.router({ protectedProcedure: procedure, publicProcedure: t.procedure }),
  })
  const server = await serveEverywhere(stack, router)
  const { url, socket } = server
  const clientOf = (link: TRPCLink<typeof router>) =>
    createTRPCClient<typeof router>({ links: [idempotencyLink(), link] }).billing
  const clients = {
    http: clientOf(httpLink({ url, headers: keyHeaders })),
    batch: clientOf(httpBatchLink({ url, headers: keyHeaders })),
    webSocket: clientOf(wsLink({ client: socket })),
  }
  return {
    ...stack,
    /** Places an order from the given kind of client or from this process. Returns the checkout page's URL. */
    async order(from: Source, order: Order, idempotencyKey: string): Promise<string> {
      const keyed = { ...order, 'idempotency-key': idempotencyKey }
      const { url } =
        from === 'caller'
          ? await router.createCaller({ user: aUser() }).billing.checkout(keyed)
          : await clients[from].checkout.mutate(order, { context: { idempotencyKey } })
      return url
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}
type Node = Awaited<ReturnType<typeof startNode>>

/** Starts two nodes that share a new ledger. */
async function startNodes(store: (typeof storeNames)[number], scene: Scene) {
  const stores = await createStores()
  const address = await stores[store]()
  const one = await startNode(address, scene)
  const two = await startNode(address, scene, { beside: one })
  return {
    address,
    one,
    two,
    async close() {
      for (const part of [two, one, stores]) await part[Symbol.asyncDispose]()
    },
  }
}

describe.each(storeNames)('a checkout under a key, with two nodes on %s', (store) => {
  let one: Node
  let two: Node
  let address = ''
  let close = async () => {}
  const scene: Scene = { customer: '' }
  let customers = 0

  beforeAll(async () => {
    ;({ address, one, two, close } = await startNodes(store, scene))
  })
  afterAll(() => close())
  beforeEach(() => {
    scene.customer = `customer-${customers++}`
    one.proxy.mend()
    one.proxy.seen.length = 0
  })

  const created = () =>
    one.proxy.seen.filter(({ method, path }) => method === 'POST' && /checkout-sessions$/.test(path)).length
  /** Replaces Flowglad's responses about existing sessions. */
  const answerStatus = (status: number, body: object) =>
    one.proxy.breakWith(({ method, path }) =>
      method === 'GET' && path.includes('checkout-sessions/') ? { state: 'json', status, body } : undefined,
    )
  const denialOf = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: { cause?: { denial?: unknown } }) => billingDenial(error) ?? error.cause?.denial ?? error,
    )
  const idIn = (url: string) => url.split('/').at(-1) ?? ''

  test('returns the same page to retries from any transport and node', async () => {
    const url = await one.order('http', pack, 'k')
    for (const from of sources) {
      expect(await one.order(from, pack, 'k')).toBe(url)
      expect(await two.order(from, { ...pack, quantity: 1 }, 'k')).toBe(url)
    }
    expect(created()).toBe(1)
    expect(await one.order('http', pack, 'another')).not.toBe(url)
  })

  test('opens one page for concurrent requests', async () => {
    const orders = [one, two].flatMap((node) => sources.map((from) => node.order(from, pack, 'k')))
    expect(new Set(await Promise.all(orders)).size).toBe(1)
    expect(created()).toBe(1)
  })

  test.each(sources)('returns KEY_REUSED for a different order under the same key from %s', async (from) => {
    await one.order(from, pack, 'k')
    const denial = { code: 'KEY_REUSED', key: 'k' }
    expect(await denialOf(two.order(from, { ...pack, quantity: 2 }, 'k'))).toEqual(denial)
    expect(await denialOf(two.order(from, { priceSlug: 'pro_monthly' }, 'k'))).toEqual(denial)
    expect(created()).toBe(1)
  })

  test('returns ALREADY_COMPLETED once the customer has paid', async () => {
    const order = { priceSlug: 'pro_monthly' }
    const url = await one.order('http', order, 'k')
    const path = `/__test__/checkout-sessions/${idIn(url)}/complete`
    await one.atFlowglad.sdk.post(path, { body: {} })
    for (const from of sources) {
      expect(await denialOf(two.order(from, order, 'k'))).toEqual({ code: 'ALREADY_COMPLETED', key: 'k' })
    }
    expect(created()).toBe(1)
  })

  test('does not return an open checkout page if the customer has subscribed since the page was opened', async () => {
    await one.order('http', { priceSlug: 'pro_monthly' }, 'k')
    await one.atFlowglad.pay(aUser(scene.customer), 'scale_monthly')
    await expect(two.order('http', { priceSlug: 'pro_monthly' }, 'k')).rejects.toThrow('Change it instead')
  })

  test.each([
    ['has expired', 200, { checkoutSession: { status: 'expired' } }],
    ['has failed', 200, { checkoutSession: { status: 'failed' } }],
    [
      'has been deleted',
      500,
      {
        code: 'INTERNAL_SERVER_ERROR',
        error: 'Unwrap called on Err: NotFoundError: No checkout sessions found',
      },
    ],
  ])('opens one new page if the first %s', async (_, status, body) => {
    const url = await one.order('http', pack, 'k')
    answerStatus(status, body)
    const next = await one.order('http', pack, 'k')
    expect(next).not.toBe(url)
    one.proxy.mend()
    expect(await two.order('webSocket', pack, 'k')).toBe(next)
    expect(created()).toBe(2)
  })

  test('returns the page of a pending payment', async () => {
    const url = await one.order('http', pack, 'k')
    answerStatus(200, { checkoutSession: { status: 'pending' } })
    expect(await two.order('http', pack, 'k')).toBe(url)
  })

  test('opens no second page while the status of the first page is unknown', async () => {
    const url = await one.order('http', pack, 'k')
    for (const [status, body] of [
      [503, {}],
      [500, { code: 'INTERNAL_SERVER_ERROR', error: 'An unexpected error occurred. Please try again.' }],
    ] as const) {
      answerStatus(status, body)
      expect(await denialOf(two.order('http', pack, 'k'))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
    }
    one.proxy.mend()
    expect(await two.order('http', pack, 'k')).toBe(url)
    expect(created()).toBe(1)
  })

  test('returns the same page to all later requests if the response to the first request is lost', async () => {
    one.proxy.breakWith(({ path }) => (/checkout-sessions$/.test(path) ? { state: 'answerLost' } : undefined))
    expect(await denialOf(one.order('http', pack, 'k'))).toMatchObject({ code: 'BILLING_UNAVAILABLE' })
    one.proxy.mend()
    const url = await two.order('http', pack, 'k')
    expect(await one.order('http', pack, 'k')).toBe(url)
  })

  test('returns the same page to both requests if the first request takes longer than its lease', async () => {
    let release = () => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    one.proxy.breakWith(({ path }) =>
      /checkout-sessions$/.test(path) && created() === 1 ? { state: 'answerHeld', until } : undefined,
    )
    const slow = one.order('http', pack, 'k')
    await expect.poll(created).toBe(1)
    await using later = await startNode(address, scene, { beside: one, clockOffset: () => 31_000 })
    const url = await later.order('http', pack, 'k')
    release()
    expect(await slow).toBe(url)
    expect(created()).toBe(2)
  })

  test('frees the key if no page was opened', async () => {
    await expect(one.order('http', { priceSlug: 'nope' }, 'k')).rejects.toThrow('not for sale')
    expect(await one.order('http', pack, 'k')).toContain('/checkout/')
  })
})
