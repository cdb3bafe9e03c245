import { expect, test, vi } from 'vitest'
import { UnserializableResultError } from '../../src/index.ts'
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

test.each([[0], [-1], [1.5], [Number.NaN], [2 ** 31], [Number.POSITIVE_INFINITY]])(
  'rejects an amount of %s with a typed error and holds nothing',
  async (amount) => {
    await using stack = await startStack()
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

test.each([[-1], [1.5], [Number.NaN], [2 ** 31]])(
  'fails work that counts %s units, and charges nothing',
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
])('rejects a result that contains %s if the call has a key, and charges nothing', async (_, result) => {
  await using stack = await startStack()
  const call = stack.billing.meter({ customer: ada, meter: 'generations', key: 'k' }, () => result)
  await expect(call).rejects.toThrow(UnserializableResultError)
  await expectUntouched(stack)
})
