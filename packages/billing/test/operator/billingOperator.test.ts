import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { poison, spend } from '../flowglad/spending.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

test('returns the units of a dropped event immediately', async () => {
  await using stack = await startStack({ options: { parkAfterFailures: 1, parkAfterMs: 1 } })
  const { operator } = stack.billing
  const { charge } = await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  await expect.poll(async () => (await operator.parked(10)).map(({ attempt }) => attempt)).toEqual([charge])
  expect((await operator.customer('ada'))?.balances).toContainEqual(
    expect.objectContaining({ meter: 'generations', available: 8 }),
  )
  const answer = await operator.act({
    customer: 'ada',
    id: randomUUID(),
    by: 'olga',
    reason: 'The subscription is gone',
    act: { type: 'drop', attempt: charge, meter: 'generations' },
  })
  expect(answer).toMatchObject({ state: 'done', act: { by: 'olga' } })
  expect((await operator.customer('ada'))?.balances).toContainEqual(
    expect.objectContaining({ meter: 'generations', available: 10 }),
  )
})

test("shows in a customer's balances which units an operator added or subtracted", async () => {
  await using stack = await startStack()
  const ada = aUser()
  await stack.billing.balances(ada)
  const adjusted = async (amount: number) => {
    await stack.billing.operator.act({
      customer: ada.id,
      id: randomUUID(),
      by: 'olga',
      reason: 'An outage',
      act: { type: 'adjust', meter: 'generations', amount },
    })
    return (await stack.billing.balances(ada)).balances.find(({ meter }) => meter === 'generations')
  }
  expect(await adjusted(5)).toMatchObject({ available: 15, limit: 15, adjusted: 5 })
  expect(await adjusted(-7)).toMatchObject({ available: 8, limit: 8, adjusted: -2 })
})

test('denies reads and acts with BILLING_UNAVAILABLE while the ledger is closed', async () => {
  await using stack = await startStack()
  const { operator } = stack.billing
  await stack.billing.close()
  const denied = { denial: { code: 'BILLING_UNAVAILABLE' } }
  await expect(operator.customer('ada')).rejects.toMatchObject(denied)
  await expect(operator.acts()[Symbol.asyncIterator]().next()).rejects.toMatchObject(denied)
  const act = { type: 'release', attempt: 'an attempt' } as const
  await expect(
    operator.act({ customer: 'ada', id: randomUUID(), by: 'olga', reason: 'x', act }),
  ).rejects.toMatchObject(denied)
})
