import { describe, expect, test } from 'vitest'
import { fetched, units } from '../builders.ts'
import { actsOf } from '../contract/acts.ts'
import { balance, spend } from '../contract/steps.ts'
import { metered, meteredOn, storeNames, stores } from './cli.ts'

describe.each(storeNames)('%s', (name) => {
  test('adjusts a balance while a server runs', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const added = await meteredOn(name, it, 'adjust', 'ada', 'generations', '+5', '--reason', 'The outage')
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(added.stdout).toMatch(/ +generations available +10 → 15\n +generations adjusted +0 → 5\n/)
    expect(await metered(it.address, 'adjust', 'ada', 'generations', '-2', '--reason', 'x')).toMatchObject({
      code: 0,
    })
    expect(await balance(it.ledger)).toMatchObject({ available: 13, limit: 13 })
    expect(await metered(it.address, 'adjust', 'ada', 'generations', '-14', '--reason', 'x')).toMatchObject({
      code: 1,
      stderr: "Nothing was changed: the debit exceeds the customer's limit for this period.\n",
    })
  })

  test('refunds a charge only once', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const attempt = await spend(it.ledger, 4)
    const refund = ['refund', 'ada', attempt, 'generations', '--reason', 'It was blurred']
    expect(await meteredOn(name, it, ...refund)).toMatchObject({ code: 0, stderr: '' })
    const again = await metered(it.address, ...refund)
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(again.stdout).toMatch(/^This change was already made\. Nothing was changed\.\n/)
    expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 4, limit: 14 })
    expect(await actsOf(it.ledger)).toHaveLength(1)
  })
})

test.each(['5', '+0', '+1.5', '+9999999999', 'x'])('rejects the units %j', async (given) => {
  const result = await metered('missing.db', 'adjust', 'ada', 'generations', given, '--reason', 'x')
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toMatch(/^metered adjust: <units>: /)
})
