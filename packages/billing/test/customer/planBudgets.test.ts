import { expect, test } from 'vitest'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

const ada = aUser()
const hourly = (limit: number) => ({ meter: 'generations', limit, window: 'hour' }) as const

test('denies a call that would exceed one of the plan’s budgets, and names the plan as the budget’s source', async () => {
  await using stack = await startStack({ planBudgets: { free: [hourly(2)] } })
  const generate = (amount: number) =>
    stack.billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
  await generate(2)
  await expect(generate(1)).rejects.toMatchObject({
    denial: { code: 'BUDGET_EXCEEDED', source: 'plan', limit: 2, used: 2, window: 'hour' },
  })
  expect(await stack.billing.budgets.list(ada)).toMatchObject([{ source: 'plan', limit: 2, timeZone: null }])
})

test('applies the budgets of the new plan after a plan change', async () => {
  const planBudgets = {
    free: [hourly(2)],
    pro_monthly: [hourly(9), { ...hourly(40), window: 'day' as const }],
  }
  await using stack = await startStack({ planBudgets })
  await stack.billing.balances(ada)
  await stack.atFlowglad.pay(ada, 'pro_monthly')
  await stack.billing.refresh(ada)
  expect(await stack.billing.budgets.list(ada)).toMatchObject([
    { limit: 40, window: 'day', timeZone: 'UTC' },
    { limit: 9, window: 'hour' },
  ])
})

test('keeps the plan’s budgets when the customer removes or sets budgets', async () => {
  await using stack = await startStack({ planBudgets: { free: [hourly(2)] } })
  await stack.billing.balances(ada)
  const [budget] = await stack.billing.budgets.list(ada)
  expect(await stack.billing.budgets.remove(ada, budget?.id ?? '')).toBe(false)
  await stack.billing.budgets.set(ada, hourly(100))
  expect(await stack.billing.budgets.list(ada)).toMatchObject([
    { source: 'customer', limit: 100 },
    { source: 'plan', limit: 2 },
  ])
})

test.each([
  ['a negative limit', [hourly(-1)], /`planBudgets.free.0.limit` is invalid/],
  ['an unknown time zone', [{ ...hourly(1), timeZone: 'Mars' }], /`planBudgets.free.0.timeZone` is invalid/],
  [
    'two budgets for the same window',
    [hourly(1), hourly(2)],
    /two budgets for the same meter, window and scope/,
  ],
  [
    'two budgets for the same member',
    [
      { ...hourly(1), scope: { dimension: 'member', value: 'mia' } as const },
      { ...hourly(2), scope: { value: 'mia', dimension: 'member' } as const },
    ],
    /two budgets for the same meter, window and scope/,
  ],
])('rejects %s when billing is created', async (_, free, message) => {
  await expect(startStack({ planBudgets: { free } })).rejects.toThrow(message)
})

test('warns at startup if `planBudgets` names a price that Flowglad does not have', async () => {
  const { logger, messages } = recordingLogger()
  await using _stack = await startStack({ planBudgets: { gold: [hourly(1)] }, logger })
  expect(messages.join()).toContain('has budgets for "gold", but Flowglad')
})
