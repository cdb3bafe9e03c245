// Flowglad can handle a request but return an error. In these tests, a proxy simulates such errors: it forwards
// each request to flowglad-local and replaces the response with an error.
import { expect, test } from 'vitest'
import { bodies, spend, usageEvents } from './spending.ts'
import type { Passing } from './startProxy.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

const ada = aUser()
/** Flowglad's response after an internal failure. */
const failure = {
  error: 'An unexpected error occurred',
  code: 'INTERNAL_SERVER_ERROR',
  request_id: '0a1b2c3d',
}

/** Makes Flowglad handle matching requests but return an error. */
const failAfter = (stack: Stack, matches: (passing: Passing) => boolean) =>
  stack.proxy.breakWith((passing) =>
    matches(passing) ? { state: 'handledButFails', status: 500, body: failure } : undefined,
  )

test('returns BILLING_UNAVAILABLE if a shortfall depends on usage whose outcome is unknown', async () => {
  await using stack = await startStack({ started: false })
  const customers = ['ada', 'bob', 'cem', 'dee', 'eve', 'fay'].map((id) => aUser(id))
  for (const customer of customers) await spend(stack, customer, 4)
  failAfter(stack, ({ path }) => usageEvents.test(path))
  await stack.billing.drain()
  for (const customer of customers) {
    await stack.billing.refresh(customer)
    // Flowglad's balance of 6 already includes the 4 units, but billing can't know that.
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

test('admits a new customer if Flowglad creates the customer but returns an error', async () => {
  await using stack = await startStack({ started: false })
  failAfter(stack, ({ method, path }) => method === 'POST' && /\/customers$/.test(path))
  expect(await spend(stack, ada, 10)).toBe('done')
  expect(stack.proxy.count(/\/customers$/)).toBe(1)
})

test('returns BILLING_UNAVAILABLE to a new customer while every response from Flowglad is an error', async () => {
  await using stack = await startStack({ started: false })
  let isCreated = false
  failAfter(stack, ({ method, path }) => {
    isCreated ||= method === 'POST' && /\/customers$/.test(path)
    return isCreated
  })
  await expect(spend(stack, ada)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
  stack.proxy.mend()
  expect(await spend(stack, ada, 10)).toBe('done')
  expect((await stack.atFlowglad.sdk.customers.list()).data).toHaveLength(1)
})

/** Matches requests that send usage events, but not requests that read Flowglad's list of events. */
const sendsUsage = ({ method, path }: Passing) => method === 'POST' && usageEvents.test(path)

test("confirms usage with Flowglad's list even if every request that sends usage returns an error", async () => {
  await using stack = await startStack({ started: false })
  const customers = Array.from({ length: 6 }, (_, n) => aUser(`u${n}`))
  for (const customer of customers) await spend(stack, customer, 6)
  failAfter(stack, sendsUsage)
  expect(await stack.billing.drain()).toBe(true)
  for (const customer of customers) {
    await stack.billing.refresh(customer)
    expect(await spend(stack, customer, 4)).toBe('done')
    await expect(spend(stack, customer)).rejects.toMatchObject({
      denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 0 },
    })
  }
  expect(await stack.billing.drain()).toBe(true)
  expect(await stack.atFlowglad.events()).toHaveLength(2 * customers.length)
  for (const customer of customers) expect(await stack.atFlowglad.available(customer, 'generations')).toBe(0)
})

test("acknowledges usage in Flowglad's list before a fetch, even if an earlier response was lost", async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, ada, 2)
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  failAfter(stack, sendsUsage)
  await stack.billing.refresh(ada)
  expect(await spend(stack, ada, 8)).toBe('done')
})

test('returns INSUFFICIENT_CREDITS if the usage that Flowglad rejected is missing from its list', async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, ada, 6)
  stack.proxy.breakWith((passing) =>
    sendsUsage(passing) ? { state: 'json', status: 500, body: failure } : undefined,
  )
  await stack.billing.drain()
  await expect(spend(stack, ada, 5)).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 4 },
  })
})

test.each([
  ['one event', 1],
  ['a bulk request', 3],
])('bills each transaction ID once if Flowglad records %s but returns an error', async (_, calls) => {
  await using stack = await startStack({ started: false })
  for (let n = 0; n < calls; n++) await spend(stack, ada)
  let failures = 1
  failAfter(stack, (passing) => sendsUsage(passing) && failures-- > 0)
  expect(await stack.billing.drain()).toBe(true)
  const sent = bodies(stack, usageEvents)
  expect(sent.length).toBeGreaterThan(1)
  const ids = sent.flatMap((body) => body.match(/"transactionId":"[^"]+"/g) ?? [])
  expect(new Set(ids).size).toBe(calls)
  expect(await stack.atFlowglad.events()).toHaveLength(calls)
  expect(await spend(stack, ada, 10 - calls)).toBe('done')
})

test('does not repeat a contact update if Flowglad makes the update but returns an error', async () => {
  await using stack = await startStack({ started: false })
  await stack.billing.refresh(ada)
  failAfter(stack, ({ method }) => method === 'PUT')
  const renamed = { ...ada, name: 'Ada King' }
  for (let n = 0; n < 3; n++) expect((await stack.billing.refresh(renamed)).balances).not.toEqual([])
  expect((await stack.atFlowglad.sdk.customers.retrieve(ada.id)).customer.name).toBe('Ada King')
  expect(stack.proxy.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1)
})

test('recreates an archived customer once if Flowglad creates the customer but returns an error', async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, ada)
  await stack.atFlowglad.sdk.post('/api/v1/customers/ada/archive', { body: {} })
  failAfter(stack, ({ method, path }) => method === 'POST' && /\/customers$/.test(path))
  await stack.billing.recreateCustomer(ada)
  expect(await spend(stack, ada, 9)).toBe('done')
  const { data } = await stack.atFlowglad.sdk.customers.list()
  expect(data).toHaveLength(2)
})

test('does not recreate an archived customer if Flowglad rejects the request', async () => {
  await using stack = await startStack({ started: false })
  await spend(stack, ada)
  await stack.atFlowglad.sdk.post('/api/v1/customers/ada/archive', { body: {} })
  stack.proxy.breakWith(({ method, path }) =>
    method === 'POST' && /\/customers$/.test(path)
      ? { state: 'json', status: 500, body: failure }
      : undefined,
  )
  await expect(stack.billing.recreateCustomer(ada)).rejects.toThrow('unexpected error')
})
