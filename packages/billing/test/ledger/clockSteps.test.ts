import { describe, expect, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { spend } from '../flowglad/spending.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { aTakeLease } from './builders.ts'
import { createDatabase } from './postgres.ts'
import { testClock } from './testClock.ts'

const stepMs = 3_600_000

describe.each(['SQLite', 'PostgreSQL'] as const)('after the clock of %s steps forward and back', (store) => {
  async function start() {
    const clock = testClock(Date.now())
    const ledger =
      store === 'SQLite'
        ? sqliteLedger(':memory:', { clock })
        : postgresLedger(await createDatabase(), { clock })
    const stack = await startStack({ started: false, ledger })
    return Object.assign(stack, { clock })
  }

  test('reports a backward step until the clock has caught up, but still delivers usage', async () => {
    await using stack = await start()
    stack.clock.advance(stepMs)
    await spend(stack, aUser(), 1)
    expect(await stack.billing.health()).toMatchObject({ status: 'ok', skewMs: 0 })
    stack.clock.advance(-stepMs)
    const behind = {
      status: 'degraded',
      skewMs: stepMs,
      reasons: [expect.stringContaining('3600 s behind the latest time in the ledger')],
    }
    expect(await stack.billing.health()).toMatchObject({ ...behind, waiting: 1 })
    expect(await stack.billing.drain()).toBe(true)
    expect(await stack.billing.health()).toMatchObject({ ...behind, waiting: 0 })
    stack.clock.advance(stepMs)
    expect(await stack.billing.health()).toMatchObject({ status: 'ok', reasons: [], skewMs: 0 })
  })

  test('lets a customer who has just paid use the new plan', async () => {
    await using stack = await start()
    const user = aUser()
    await spend(stack, user, 1)
    stack.clock.advance(stepMs)
    // A process takes the lease and dies without freeing it.
    await stack.ledger.execute(aTakeLease({ customer: user.id }))
    stack.clock.advance(-stepMs)
    await stack.atFlowglad.pay(user, 'pro_monthly')
    await spend(stack, user, 400)
    expect(await stack.billing.drain()).toBe(true)
  })
})
