import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()

/** Creates work that runs until the test ends it. */
function work() {
  let finish = (_: string) => {}
  let fail = (_: Error) => {}
  let begun = () => {}
  const started = new Promise<void>((resolve) => {
    begun = resolve
  })
  const result = new Promise<string>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  const run = () => {
    begun()
    return result
  }
  return { run, started, finish: () => finish('done'), fail: () => fail(new Error('failed')) }
}
const spend = (stack: Stack, run: () => Promise<unknown> | unknown = () => 'done', amount = 4) =>
  stack.billing.meter({ customer: ada, meter: 'generations', amount }, run)
const balance = async (stack: Stack) => (await stack.billing.balances(ada)).balances[0]

/** Wraps a ledger. `breakFor` makes the chosen commands fail. */
function breakable(ledger: Ledger) {
  let broken: (type: string) => boolean = () => false
  let renewals = 0
  return {
    renewals: () => renewals,
    breakFor(next: (type: string) => boolean) {
      broken = next
    },
    ledger: {
      ...ledger,
      execute(command) {
        if (broken(command.type)) return Promise.reject(new LedgerUnavailableError('storeOutOfReach'))
        if (command.type === 'renew') renewals++
        return ledger.execute(command)
      },
    } satisfies Ledger,
  }
}

test('renews a hold while its work runs', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger, options: { holdTtlMs: 300 } })
  const long = work()
  const call = spend(stack, long.run)
  await long.started
  // After five renewals, the hold has lasted longer than `holdTtlMs`.
  await expect.poll(store.renewals).toBeGreaterThan(4)
  expect(await balance(stack)).toMatchObject({ available: 6, held: 4 })
  long.finish()
  await call
  expect(await balance(stack)).toMatchObject({ available: 6, held: 0, used: 4 })
})

test('still charges work that ends after maxHoldMs', async () => {
  await using stack = await startStack({ options: { holdTtlMs: 200, maxHoldMs: 400 } })
  const endless = work()
  const call = spend(stack, endless.run)
  await endless.started
  await expect.poll(() => balance(stack)).toMatchObject({ available: 10, held: 0 })
  endless.finish()
  await call
  expect(await balance(stack)).toMatchObject({ available: 6, used: 4 })
})

test('retries a failed renewal before the hold expires', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger, options: { holdTtlMs: 600 } })
  const long = work()
  const call = spend(stack, long.run)
  await long.started
  let failures = 0
  store.breakFor((type) => type === 'renew' && ++failures <= 2)
  await expect.poll(store.renewals).toBeGreaterThan(2)
  expect(failures).toBeGreaterThan(2)
  expect(await balance(stack)).toMatchObject({ held: 4 })
  long.finish()
  await call
})

test('retries the settle until it is durable if the store fails after the work', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger })
  await spend(stack, undefined, 1)
  store.breakFor((type) => type === 'settle')
  const call = spend(stack)
  await expect.poll(() => balance(stack)).toMatchObject({ held: 4 })
  store.breakFor(() => false)
  expect(await call).toBe('done')
  expect(await balance(stack)).toMatchObject({ available: 5, held: 0, used: 5 })
})

test('returns the units of failed work as soon as the store recovers', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger, options: { holdTtlMs: 3_600_000 } })
  await spend(stack, undefined, 1)
  let refused = 0
  store.breakFor((type) => type === 'release' && ++refused <= 3)
  await expect(spend(stack, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await expect.poll(() => balance(stack)).toMatchObject({ available: 9, held: 0, used: 1 })
  expect(refused).toBeGreaterThan(3)
})

test("expires other customers' holds when one customer's holds cannot be expired", async () => {
  const ledger = sqliteLedger(':memory:')
  const execute: typeof ledger.execute = async (command) => {
    if (command.type === 'expire' && command.customer === 'ada') throw new Error('unreadable')
    return ledger.execute(command)
  }
  await using stack = await startStack({
    ledger: { ...ledger, execute },
    options: { holdTtlMs: 100, maxHoldMs: 100 },
  })
  const endless = ['ada', 'bob'].map((id) => {
    const { run, started, finish } = work()
    const customer = aUser(id)
    const call = stack.billing.meter({ customer, meter: 'generations', amount: 4 }, run)
    return { call, started, finish }
  })
  await Promise.all(endless.map(({ started }) => started))
  const heldBy = async (id: string) => (await stack.billing.balances(aUser(id))).balances[0]?.held
  await expect.poll(() => heldBy('bob')).toBe(0)
  expect(await heldBy('ada')).toBe(4)
  for (const { finish } of endless) finish()
  await Promise.all(endless.map(({ call }) => call))
})

test('returns BILLING_UNAVAILABLE with chargeUnconfirmed if the settle takes too long', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger, options: { settleAnswerMs: 100 } })
  // Fetch the snapshot first. On a busy machine, a first call could take longer than `settleAnswerMs` to settle.
  await balance(stack)
  store.breakFor((type) => type === 'settle')
  await expect(spend(stack)).rejects.toMatchObject({
    denial: { code: 'BILLING_UNAVAILABLE', chargeUnconfirmed: true },
    message: expect.stringMatching(
      /^The work is done, but its charge is not confirmed yet.*same idempotency key/,
    ),
  })
  store.breakFor(() => false)
  await expect.poll(() => balance(stack)).toMatchObject({ available: 6, held: 0, used: 4 })
})

test('returns BILLING_UNAVAILABLE and does not run the work if the store fails before the work starts', async () => {
  const store = breakable(sqliteLedger(':memory:'))
  await using stack = await startStack({ ledger: store.ledger })
  store.breakFor((type) => type === 'reserve')
  const run = vi.fn()
  await expect(spend(stack, run)).rejects.toMatchObject({
    denial: { code: 'BILLING_UNAVAILABLE', retryAfterMs: expect.any(Number) },
    message: expect.stringContaining('Nothing was charged'),
  })
  expect(run).not.toHaveBeenCalled()
})

test('finishes and charges running work at shutdown but accepts no new work', async () => {
  const stack = await startStack()
  const long = work()
  const call = spend(stack, long.run)
  await long.started
  const closing = stack.billing.close()
  await expect(spend(stack)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
  long.finish()
  expect(await call).toBe('done')
  await closing
  await stack[Symbol.asyncDispose]()
})

/** Starts a call, and then starts the shutdown. The call waits for Flowglad until `open` is called. */
async function callBeforeShutdown(stack: Stack, run?: () => unknown) {
  let open = () => {}
  const until = new Promise<void>((resolve) => {
    open = resolve
  })
  stack.proxy.breakWith(() => ({ state: 'held', until }))
  const call = spend(stack, run)
  await expect.poll(() => stack.proxy.count(/\/customers/)).toBeGreaterThan(0)
  const closing = stack.billing.close()
  return { call, open, closing }
}

test('runs and charges a call that was already waiting for Flowglad when shutdown began', async () => {
  // The grace period is long enough for the call to end first, even on a busy machine.
  const stack = await startStack({ options: { shutdownGraceMs: 60_000 } })
  const { call, open, closing } = await callBeforeShutdown(stack)
  await expect(spend(stack)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
  open()
  expect(await call).toBe('done')
  await closing
  await stack[Symbol.asyncDispose]()
})

test('does not run the work of a call that still waits for Flowglad when the grace period ends', async () => {
  const ledger = sqliteLedger(':memory:')
  const stack = await startStack({
    ledger: { ...ledger, close: async () => {} },
    options: { shutdownGraceMs: 0 },
  })
  const run = vi.fn()
  const { call, open, closing } = await callBeforeShutdown(stack, run)
  // The grace period ends before Flowglad responds.
  await new Promise(setImmediate)
  open()
  await expect(call).rejects.toMatchObject({
    denial: { code: 'BILLING_UNAVAILABLE' },
    message: expect.stringContaining('Nothing was charged'),
  })
  await closing
  expect(run).not.toHaveBeenCalled()
  expect((await ledger.balances('ada')).balances.reduce((sum, { held }) => sum + held, 0)).toBe(0)
  await ledger.close()
  await stack[Symbol.asyncDispose]()
})

test('does not release unfinished holds at the end of the grace period', async () => {
  const ledger = sqliteLedger(':memory:')
  const stack = await startStack({
    ledger: { ...ledger, close: async () => {} },
    options: { shutdownGraceMs: 100 },
  })
  const endless = work()
  const call = spend(stack, endless.run).catch(() => {})
  await endless.started
  await stack.billing.close()
  expect((await ledger.balances('ada')).balances.find(({ meter }) => meter === 'generations')).toMatchObject({
    held: 4,
  })
  endless.finish()
  await call
  await ledger.close()
  await stack[Symbol.asyncDispose]()
})

test('runs work outside tRPC only once per key', async () => {
  await using stack = await startStack()
  const run = vi.fn(() => ({ id: 7 }))
  const call = () =>
    stack.billing.meter(
      {
        customer: ada,
        meter: 'generations',
        amount: 2,
        key: 'job-1',
        input: { page: 1 },
        name: 'nightly',
        reference: () => 'ref',
      },
      run,
    )
  expect(await call()).toEqual({ id: 7 })
  expect(await call()).toEqual({ id: 7 })
  expect(run).toHaveBeenCalledTimes(1)
  await expect(
    stack.billing.meter(
      { customer: ada, meter: 'generations', amount: 2, key: 'job-1', input: { page: 2 }, name: 'nightly' },
      run,
    ),
  ).rejects.toMatchObject({ denial: { code: 'KEY_REUSED' } })
  const { charges } = await stack.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
  expect(charges).toMatchObject([{ procedure: 'nightly', amount: 2, reference: 'ref' }])
})

test('charges the actual cost of work outside tRPC, not the held amount', async () => {
  await using stack = await startStack()
  await stack.billing.meter(
    { customer: ada, meter: 'tokens', hold: 500, cost: ({ usage }) => usage.total },
    async ({ usage }) => {
      usage.add(120)
      expect((await stack.billing.balances(ada)).balances[1]).toMatchObject({ available: 1_500, held: 500 })
    },
  )
  expect((await stack.billing.balances(ada)).balances[1]).toMatchObject({
    available: 1_880,
    held: 0,
    used: 120,
  })
})

test("pushes one node's changes to watchers on another node", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  try {
    await using one = await startStack({ ledger: sqliteLedger(`${folder}/ledger.db`) })
    await using two = await startStack({ ledger: sqliteLedger(`${folder}/ledger.db`), beside: one })
    await one.billing.balances(ada)
    const seen: (number | null | undefined)[] = []
    const stop = new AbortController()
    const watching = (async () => {
      for await (const { balances } of two.billing.watch(ada, stop.signal)) seen.push(balances[0]?.available)
    })()
    await expect.poll(() => seen.at(-1)).toBe(10)
    await spend(one)
    await expect.poll(() => seen.at(-1)).toBe(6)
    stop.abort()
    await watching
  } finally {
    rmSync(folder, { recursive: true })
  }
})
