// Flowglad can handle a request and then answer with its own error. These tests send every request through a proxy
// that does the same.
import { expect, test } from 'vitest'
import { spend, usageEvents } from './spending.ts'
import type { Passing } from './startProxy.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

const ada = aUser()
/** Flowglad's answer to an internal failure. */
const failure = {
  error: 'An unexpected error occurred',
  code: 'INTERNAL_SERVER_ERROR',
  request_id: '0a1b2c3d',
}

/** Flowglad handles matching requests, but answers with an error. */
const failAfter = (stack: Stack, matches: (passing: Passing) => boolean) =>
  stack.proxy.breakWith((passing) =>
    matches(passing) ? { state: 'handledButFails', status: 500, body: failure } : undefined,
  )

test('denies no call with INSUFFICIENT_CREDITS because of usage that Flowglad records but answers with an error', async () => {
  await using stack = await startStack({ started: false })
  const customers = ['ada', 'bob', 'cem', 'dee', 'eve', 'fay'].map((id) => aUser(id))
  for (const customer of customers) await spend(stack, customer, 4)
  failAfter(stack, ({ path }) => usageEvents.test(path))
  await stack.billing.drain()
  for (const customer of customers) {
    await stack.billing.refresh(customer)
    // Flowglad's balance of 6 already includes the 4 units.
    await expect(spend(stack, customer, 5)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
    await expect(spend(stack, customer, 11)).rejects.toMatchObject({
      denial: { code: 'INSUFFICIENT_CREDITS' },
    })
  }
  stack.proxy.mend()
  for (const customer of customers) expect(await spend(stack, customer, 6)).toBe('done')
  expect(await stack.billing.drain()).toBe(true)
  for (const customer of customers) expect(await stack.atFlowglad.available(customer, 'generations')).toBe(0)
  expect(await stack.atFlowglad.events()).toHaveLength(2 * customers.length)
})

test('admits a new customer whom Flowglad creates but answers with an error', async () => {
  await using stack = await startStack({ started: false })
  failAfter(stack, ({ method, path }) => method === 'POST' && /\/customers$/.test(path))
  expect(await spend(stack, ada, 10)).toBe('done')
  expect(stack.proxy.count(/\/customers$/)).toBe(1)
})
