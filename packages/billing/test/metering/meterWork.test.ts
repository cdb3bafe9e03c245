import { expect, test } from 'vitest'
import { movedLedger } from '../flowglad/movedLedger.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()

/** Meters work that streams five numbers and counts one token for each. */
const stream = (
  stack: Stack,
  { key, signal, fail }: { key?: string; signal?: AbortSignal; fail?: boolean } = {},
) =>
  stack.billing.meter(
    {
      customer: ada,
      meter: 'tokens',
      hold: 100,
      cost: ({ usage }) => usage.total,
      ...(key === undefined ? {} : { key }),
      ...(signal ? { signal } : {}),
    },
    async function* ({ usage }) {
      if (fail) throw new Error('the model failed')
      for (let n = 0; n < 5; n++) {
        usage.add(1)
        yield n
      }
    },
  )

const tokens = async ({ billing }: Stack) => {
  const { balances } = await billing.balances(ada)
  return balances.find(({ meter }) => meter === 'tokens')
}
const charged = async ({ ledger }: Stack) =>
  (await ledger.charges({ customer: ada.id, limit: 10, cursor: null })).charges.map(({ amount }) => amount)

test('charges a stream only when it ends', async () => {
  await using stack = await startStack()
  const numbers = await stream(stack)
  expect(await tokens(stack)).toMatchObject({ held: 100 })
  expect(await charged(stack)).toEqual([])
  const seen = []
  for await (const number of numbers) seen.push(number)
  expect(seen).toEqual([0, 1, 2, 3, 4])
  expect(await charged(stack)).toEqual([5])
  expect(await tokens(stack)).toMatchObject({ held: 0 })
})

test("charges a stream's counted units when its reader leaves", async () => {
  await using stack = await startStack()
  for await (const number of await stream(stack)) if (number === 1) break
  expect(await charged(stack)).toEqual([2])
  expect(await tokens(stack)).toMatchObject({ held: 0 })
})

test("charges the units of an output's finished parts even if its stream is never read", async () => {
  await using stack = await startStack({ options: { holdTtlMs: 200, sweepMs: 20 } })
  const output = await stack.billing.meter(
    { customer: ada, meter: 'tokens', hold: 50, cost: ({ usage }) => usage.total },
    ({ usage }) => {
      const summarize = async () => {
        usage.add(30)
        return 'a summary'
      }
      async function* explain() {
        usage.add(1)
        yield 'a detail'
      }
      return { summary: summarize(), details: explain() }
    },
  )
  expect(await output.summary).toBe('a summary')
  await expect.poll(() => charged(stack)).toEqual([30])
})

test("charges a stream's counted units if its reader leaves before the work sets the exact total", async () => {
  await using stack = await startStack()
  const estimated = () =>
    stack.billing.meter(
      { customer: ada, meter: 'tokens', hold: 100, cost: ({ usage }) => usage.total },
      async function* ({ usage }) {
        usage.add(9)
        yield 'a text'
        usage.set(4)
      },
    )
  for await (const _ of await estimated()) break
  expect(await charged(stack)).toEqual([9])
  for await (const _ of await estimated());
  expect((await charged(stack)).toSorted()).toEqual([4, 9])
  expect(await tokens(stack)).toMatchObject({ held: 0, used: 13 })
})

test("charges a stream's counted units when its signal aborts", async () => {
  await using stack = await startStack()
  const abort = new AbortController()
  const numbers = await stream(stack, { signal: abort.signal })
  await numbers.next()
  abort.abort()
  await expect.poll(() => charged(stack)).toEqual([1])
  expect(await tokens(stack)).toMatchObject({ held: 0 })
})

test('returns the held units when a stream fails before it counts any units', async () => {
  await using stack = await startStack()
  const numbers = await stream(stack, { fail: true })
  await expect(numbers.next()).rejects.toThrow('the model failed')
  expect(await charged(stack)).toEqual([])
  expect(await tokens(stack)).toMatchObject({ held: 0 })
})

test('returns ALREADY_COMPLETED for a retry of a finished stream', async () => {
  await using stack = await startStack()
  for await (const _ of await stream(stack, { key: 'k' }));
  await expect(stream(stack, { key: 'k' })).rejects.toMatchObject({ denial: { code: 'ALREADY_COMPLETED' } })
  expect(await charged(stack)).toEqual([5])
})

test('returns an async iterable without `next` unchanged and charges for it immediately', async () => {
  await using stack = await startStack()
  const page = { data: [1, 2], async *[Symbol.asyncIterator]() {} }
  const result = await stack.billing.meter({ customer: ada, meter: 'generations', amount: 2 }, () => page)
  expect(result).toBe(page)
  expect(await charged(stack)).toEqual([2])
  const readable = await stack.billing.meter(
    { customer: ada, meter: 'generations' },
    () => new ReadableStream(),
  )
  expect(readable.getReader()).toBeDefined()
})

test('returns the result of the attempt that was charged first if a hold expires while its work runs', async () => {
  const { ledger, pass } = movedLedger()
  await using stack = await startStack({ ledger })
  const write = (work: () => Promise<string> | string) =>
    stack.billing.meter({ customer: ada, meter: 'tokens', amount: 3, key: 'order-1' }, work)
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let finish = (_: string) => {}
  const slow = write(() => {
    begin()
    return new Promise<string>((resolve) => {
      finish = resolve
    })
  })
  await begun
  pass(3_600_000)
  expect(await write(() => 'second')).toBe('second')
  finish('first')
  expect(await slow).toBe('second')
  expect(await charged(stack)).toEqual([3])
  expect(await tokens(stack)).toMatchObject({ held: 0 })
})

test('returns the result and charges once if the reference callback throws', async () => {
  await using stack = await startStack()
  const reference = () => {
    throw new Error('no ID')
  }
  expect(
    await stack.billing.meter({ customer: ada, meter: 'tokens', amount: 2, reference }, () => 'done'),
  ).toBe('done')
  expect(await charged(stack)).toEqual([2])
})
