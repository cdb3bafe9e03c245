import { expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/index.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

test('logs an outage of the database only once, with its reason', async () => {
  const { messages, logger } = recordingLogger()
  const ledger = postgresLedger('postgres://app@127.0.0.1:1/app', { outOfReachAfterMs: 20 })
  await using stack = await startStack({ ledger, logger, started: true, autoStart: true })
  const reason = 'The ledger’s database isn’t responding: connect ECONNREFUSED 127.0.0.1:1'
  for (let call = 0; call < 3; call += 1) {
    await expect(
      stack.billing.meter({ customer: aUser(), meter: 'tokens' }, () => 'done'),
    ).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
    expect(await stack.billing.health()).toMatchObject({
      status: 'unavailable',
      reasons: [`The ledger is unusable: ${reason}`],
    })
  }
  expect(messages).toEqual([reason])
})
