import { expect, test, vi } from 'vitest'
import { UnserializableResultError } from '../../src/index.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()

/** Nothing charged, nothing held. */
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

test.each([[0], [-1], [1.5], [Number.NaN], [2 ** 31], [Number.POSITIVE_INFINITY]])(
  'an amount of %s is a typed error that leaves nothing held',
  async (amount) => {
    await using stack = await startStack()
    const call = stack.billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
    await expect(call).rejects.toMatchObject({ name: 'InvalidAmountError' })
    await expectUntouched(stack)
  },
)

test.each([[0], [-1], [1.5], [Number.NaN], [2 ** 31]])(
  'a hold of %s is a typed error that leaves nothing held',
  async (hold) => {
    await using stack = await startStack()
    const call = stack.billing.meter({ customer: ada, meter: 'tokens', hold, cost: () => 1 }, () => 'done')
    await expect(call).rejects.toMatchObject({ name: 'InvalidAmountError' })
    await expectUntouched(stack)
  },
)

test.each(['nope', 'toString', '__proto__'])(
  'the meter "%s" is nobody’s: a typed error, and the work does not run',
  async (meter) => {
    await using stack = await startStack()
    const run = vi.fn()
    // What an untyped caller can do.
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
])('a key %s is a typed error that leaves nothing held', async (_, key) => {
  await using stack = await startStack()
  const call = stack.billing.meter({ customer: ada, meter: 'generations', key }, () => 'done')
  await expect(call).rejects.toMatchObject({ denial: { code: 'KEY_INVALID' } })
  await expectUntouched(stack)
})

test.each([[-1], [1.5], [Number.NaN], [2 ** 31]])(
  'counting %s units is a typed error that fails the work, and costs nothing',
  async (units) => {
    await using stack = await startStack()
    const call = stack.billing.meter(
      { customer: ada, meter: 'tokens', hold: 50, cost: ({ usage }) => usage.total },
      ({ usage }) => usage.add(units),
    )
    await expect(call).rejects.toMatchObject({ name: 'InvalidAmountError' })
    await expectUntouched(stack)
  },
)

const circular: Record<string, unknown> = {}
circular.itself = circular

test.each([
  ['a bigint', 10n],
  ['itself', circular],
])(
  'a result that contains %s cannot be kept under its key: a typed error that costs nothing',
  async (_, result) => {
    await using stack = await startStack()
    const call = stack.billing.meter({ customer: ada, meter: 'generations', key: 'k' }, () => result)
    await expect(call).rejects.toThrow(UnserializableResultError)
    await expectUntouched(stack)
  },
)
