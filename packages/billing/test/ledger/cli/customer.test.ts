import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { aReserve, fetched, units } from '../builders.ts'
import { spend } from '../contract/steps.ts'
import { metered, meteredJson, meteredProcess, storeNames, stores } from './cli.ts'

describe.each(storeNames)('%s', (name) => {
  test('shows a customer’s plan, balances, holds, charges and parked events', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const attempt = await spend(it.ledger, 3)
    const reason = 'Price\nnot found'
    const events = [{ attempt, meter: 'generations', reason, retryInMs: 3_600_000 }]
    await it.ledger.execute({ type: 'park', customer: 'ada', events })
    const reserve = aReserve()
    await it.ledger.execute(reserve)

    const { code, stdout, stderr } = await meteredProcess(tmpdir(), ['customer', 'ada'], {
      METERED_LEDGER: it.address,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Customer ada\nPlan: Free \(sub_1, active\)\. Snapshot: .+Z, \d+ s old\.\n/)
    expect(stdout).toMatch(/generations +6 +1 +3 +10 +1\n/)
    expect(stdout).toMatch(
      new RegExp(`Holds\n +${reserve.attempt} +studio.generate +generations 1 +expires `),
    )
    expect(stdout).toMatch(new RegExp(`${attempt} +generations +3 +parked .+Price not found\n`))

    expect(await meteredJson(it.address, 'customer', 'ada')).toMatchObject({
      customer: 'ada',
      balances: [{ meter: 'generations', available: 6, held: 1, used: 3, limit: 10, parked: 1 }],
      holds: [{ attempt: reserve.attempt }],
      charges: [{ transactionId: attempt, state: 'parked' }],
      events: [{ attempt, state: 'parked', reason }],
    })
  })

  test('fails if the ledger has no such customer', async () => {
    await using it = await stores[name]()
    await it.ledger.health()
    expect(await metered(it.address, 'customer', 'eve')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The ledger has no customer eve.\n',
    })
  })
})
