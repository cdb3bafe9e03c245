import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { expect, test, vi } from 'vitest'
import { aUser, type User } from '../flowglad/meters.ts'
import { startStack } from '../flowglad/startStack.ts'

/** Starts an app with a metered procedure that takes no input. */
async function start() {
  const stack = await startStack()
  const { meteredProcedure, request, options } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(options())
  const router = t.router({ ping: meteredProcedure(t.procedure)('generations').mutation(() => 'pong') })
  return {
    /** Sends the body and returns whether the server read it. */
    async reads(body: string) {
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
      const req = new Request('http://localhost/trpc/ping', { method: 'POST', headers, body })
      const json = vi.spyOn(req, 'json')
      const createContext = ({ info }: { info: Parameters<typeof request>[0]['info'] }) => ({
        user: aUser(),
        ...request({ req, info }),
      })
      const response = await fetchRequestHandler({ endpoint: '/trpc', router, req, createContext })
      expect(response.status).toBe(200)
      return json.mock.calls.length > 0
    },
    async charges() {
      const { charges } = await stack.ledger.charges({ customer: aUser().id, limit: 10, cursor: null })
      return charges.length
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}

test.each(['{}', ''])('does not read the body %j, which is too short for a key', async (body) => {
  await using app = await start()
  expect(await app.reads(body)).toBe(false)
  expect(await app.reads(body)).toBe(false)
  expect(await app.charges()).toBe(2)
})

test('reads a body that can contain a key', async () => {
  await using app = await start()
  const body = JSON.stringify({ 'idempotency-key': 'k' })
  expect(await app.reads(body)).toBe(true)
  expect(await app.reads(body)).toBe(true)
  expect(await app.charges()).toBe(1)
})
