import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { poison, spend } from '../flowglad/spending.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

test('returns the units of a dropped event at once', async () => {
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
