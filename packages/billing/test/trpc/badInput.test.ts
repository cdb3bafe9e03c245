import { expect, test, vi } from 'vitest'
import type { Usage } from '../../src/metering/cost.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()

/** Asserts that nothing was charged and nothing is held. */
async function expectUntouched(stack: Stack) {
  expect(await stack.billing.balances(ada)).toMatchObject({
    balances: [
      { meter: 'generations', available: 10, held: 0, used: 0 },
      { meter: 'tokens', available: 2_000, held: 0, used: 0 },
      { meter: 'api_calls', available: 100, held: 0, used: 0 },
    ],
  })
  const { charges } = await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })
  expect(charges).toEqual([])
}

test.each([[0], [-1], [1.5], [Number.NaN], [2 ** 31], [Number.POSITIVE_INFINITY], [null]])(
  'rejects an amount of %s with a typed error and holds nothing',
  async (given) => {
    await using stack = await startStack()
    // An untyped caller can pass null.
    const amount = given as number
    const call = stack.billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
    await expect(call).rejects.toMatchObject({ name: 'InvalidAmountError' })
    await expectUntouched(stack)
  },
)

test.each([[0], [-1], [1.5], [Number.NaN], [2 ** 31]])(
  'rejects a hold of %s with a typed error and holds nothing',
  async (hold) => {
    await using stack = await startStack()
    const call = stack.billing.meter({ customer: ada, meter: 'tokens', hold, cost: () => 1 }, () => 'done')
    await expect(call).rejects.toMatchObject({ name: 'InvalidAmountError' })
    await expectUntouched(stack)
  },
)

test.each(['nope', 'toString', '__proto__'])(
  'rejects the unknown meter "%s" with a typed error before the work runs',
  async (meter) => {
    await using stack = await startStack()
    const run = vi.fn()
    // An untyped caller can pass any meter.
    const call = stack.billing.meter({ customer: ada, meter: meter as 'tokens' }, run)
    await expect(call).rejects.toThrow(TypeError)
    await expect(call).rejects.toThrow(`There is no meter "${meter}"`)
    expect(() => stack.billing.trpc.metered(meter as 'tokens')).toThrow(`There is no meter "${meter}"`)
    expect(run).not.toHaveBeenCalled()
    await expectUntouched(stack)
  },
)

test.each([
  ['of 10 MB', 'x'.repeat(10_000_000)],
  ['with NUL', 'a\0b'],
  ['with a comma', 'a,b'],
  ['that is empty', ''],
])('rejects a key %s with a typed error and holds nothing', async (_, key) => {
  await using stack = await startStack()
  const call = stack.billing.meter({ customer: ada, meter: 'generations', key }, () => 'done')
  await expect(call).rejects.toMatchObject({ denial: { code: 'KEY_INVALID' } })
  await expectUntouched(stack)
})

const countTokens = (stack: Stack, work: (usage: Usage) => void) =>
  stack.billing.meter(
    { customer: ada, meter: 'tokens', hold: 50, cost: ({ usage }) => usage.total },
    ({ usage }) => {
      work(usage)
      return 'done'
    },
  )
const chargesOf = async ({ ledger }: Stack) =>
  (await ledger.charges({ customer: ada.id, limit: 10, cursor: null })).charges

const invalidUnits = [-1, 1.5, Number.NaN, 2 ** 31, undefined, '7', { toString: null }]

test.each(invalidUnits.flatMap((units) => [['add', units] as const, ['set', units] as const]))(
  'charges and flags the held units of work that calls usage.%s(%s)',
  async (method, units) => {
    await using stack = await startStack()
    const work = (usage: Usage) => {
      usage.add(1)
      usage[method](units as number)
      // A valid amount after an invalid one doesn't correct the total.
      usage.add(1)
    }
    expect(await countTokens(stack, work)).toBe('done')
    expect(await chargesOf(stack)).toMatchObject([{ amount: 50, flagged: expect.any(String) }])
  },
)

test.each([
  ['fewer units than it counted', 2],
  ['more units than it counted', 41],
  ['more units than were held', 60],
])('charges the total that the work sets: %s', async (_, total) => {
  await using stack = await startStack()
  const work = (usage: Usage) => {
    usage.add(3)
    usage.set(total)
    expect(usage.total).toBe(total)
  }
  await countTokens(stack, work)
  expect(await chargesOf(stack)).toMatchObject([{ amount: total, flagged: null }])
})

test('charges a valid total that the work sets after counting an invalid amount', async () => {
  await using stack = await startStack()
  await countTokens(stack, (usage) => {
    usage.add(Number.NaN)
    usage.set(7)
    usage.add(1)
  })
  expect(await chargesOf(stack)).toMatchObject([{ amount: 8, flagged: null }])
})

test('charges nothing for work that sets its usage to 0', async () => {
  await using stack = await startStack()
  await countTokens(stack, (usage) => {
    usage.add(3)
    usage.set(0)
  })
  expect(await chargesOf(stack)).toEqual([])
  await expectUntouched(stack)
})

test('charges and flags the held units of work that never counts usage', async () => {
  await using stack = await startStack()
  expect(await countTokens(stack, () => {})).toBe('done')
  expect(await chargesOf(stack)).toMatchObject([{ amount: 50, flagged: expect.any(String) }])
})

test('charges nothing for work that counts 0 units', async () => {
  await using stack = await startStack()
  expect(await countTokens(stack, (usage) => usage.add(0))).toBe('done')
  expect(await chargesOf(stack)).toEqual([])
  await expectUntouched(stack)
})

test.each(['add', 'set'] as const)(
  'counts usage with usage.%s when the method is detached from its object',
  async (method) => {
    await using stack = await startStack()
    await countTokens(stack, ({ [method]: count }) => count(3))
    expect(await chargesOf(stack)).toMatchObject([{ amount: 3, flagged: null }])
  },
)

test.each(['add', 'set'] as const)(
  'ignores usage.%s() after the call has been charged and warns once',
  async (method) => {
    const warn = vi.fn()
    await using stack = await startStack({ logger: { info() {}, warn, error() {} } })
    let late: Usage | undefined
    await countTokens(stack, (usage) => {
      usage.add(3)
      late = usage
    })
    late?.[method](4)
    late?.[method](Number.NaN)
    expect((await chargesOf(stack)).map(({ amount }) => amount)).toEqual([3])
    expect(warn.mock.calls).toEqual([
      [{ meter: 'tokens', units: 4 }, expect.stringContaining(`usage.${method}() had no effect`)],
    ])
  },
)
