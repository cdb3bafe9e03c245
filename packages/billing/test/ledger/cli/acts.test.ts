import { describe, expect, test } from 'vitest'
import { aReserve, fetched, units } from '../builders.ts'
import { actsOf } from '../contract/acts.ts'
import { park, spend } from '../contract/steps.ts'
import { metered, meteredJson, meteredOn, storeNames, stores } from './cli.ts'

describe.each(storeNames)('%s', (name) => {
  test('lists, retries and drops parked events while a server runs', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const first = await spend(it.ledger, 3)
    const second = await spend(it.ledger, 2)
    expect(await metered(it.address, 'parked')).toMatchObject({ stdout: 'No usage events are parked.\n' })
    await park(it.ledger, first)
    await park(it.ledger, second)
    const { stdout } = await meteredOn(name, it, 'parked')
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(stdout).toContain(`ada  ${first}  generations  3  Price not found\n`)

    const retried = await meteredOn(
      name,
      it,
      'retry',
      'ada',
      first,
      'generations',
      '--reason',
      'The price is back',
    )
    expect(retried).toMatchObject({ code: 0, stderr: '' })
    expect(retried.stdout).toMatch(/retry ada .+ generations, by .+: The price is back\n +retry +.+ → .+Z\n/)
    expect(await it.ledger.customersToDeliver(10)).toEqual(['ada'])

    const dropped = await meteredOn(
      name,
      it,
      'drop',
      'ada',
      second,
      'generations',
      '--reason=Gone',
      '--by',
      'olga',
    )
    expect(dropped).toMatchObject({ code: 0, stderr: '' })
    expect(dropped.stdout).toMatch(/ +event +parked → dropped\n/)
    expect(await meteredJson(it.address, 'parked')).toMatchObject([{ attempt: first }])
    expect(await actsOf(it.ledger)).toMatchObject([
      { act: { type: 'retry', attempt: first }, reason: 'The price is back', by: expect.stringMatching(/./) },
      { act: { type: 'drop', attempt: second }, reason: 'Gone', by: 'olga' },
    ])
  })

  test('lists the release of a hold and the reason for the release', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const reserve = aReserve()
    await it.ledger.execute(reserve)
    const released = await meteredOn(
      name,
      it,
      'release',
      'ada',
      reserve.attempt,
      '--reason',
      'The worker is gone',
    )
    expect(released).toMatchObject({ code: 0, stderr: '' })
    expect(released.stdout).toMatch(/ +hold +open → ended\n +generations available +9 → 10\n/)
    const listed = await meteredOn(name, it, 'acts', '--customer', 'ada')
    expect(listed.stdout).toMatch(/Z release ada .+: The worker is gone\n/)
    expect(await meteredJson(it.address, 'acts')).toEqual(await actsOf(it.ledger))
    expect(await metered(it.address, 'acts', '--customer', 'bob')).toMatchObject({
      stdout: 'No changes are recorded.\n',
    })
  })

  test('lists a restore only if no customer is selected', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const adjust = (reason: string) =>
      metered(it.address, 'adjust', 'ada', 'generations', '+1', '--reason', reason)
    await adjust('first')
    await metered(it.address, 'restored', '--reason', 'second')
    await fetched(it.ledger, units(10))
    await adjust('third')
    const reasons = [
      { reason: 'first' },
      { reason: 'second', act: { type: 'restored' } },
      { reason: 'third' },
    ]
    expect(await meteredJson(it.address, 'acts')).toMatchObject(reasons)
    expect((await metered(it.address, 'acts')).stdout).toMatch(
      /first\n.*Z restored, by olga: second\n.*third\n/s,
    )
    expect(await meteredJson(it.address, 'acts', '--customer', 'ada')).toMatchObject([
      { reason: 'first' },
      { reason: 'third' },
    ])
  })

  test('acts fail if the event is not parked or the hold is not open', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const attempt = await spend(it.ledger, 1)
    expect(await metered(it.address, 'drop', 'ada', attempt, 'generations', '--reason', 'x')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Nothing was changed: the event is not parked. metered parked lists the parked events.\n',
    })
    expect(await metered(it.address, 'release', 'ada', attempt, '--reason', 'x')).toMatchObject({ code: 1 })
    expect(await metered(it.address, 'retry', 'eve', attempt, 'generations', '--reason', 'x')).toMatchObject({
      code: 1,
      stderr: 'Nothing was changed: the ledger has no such usage event for this customer.\n',
    })
    expect(await actsOf(it.ledger, null)).toEqual([])
  })
})

test.each([
  ['retry', 'ada', 'attempt', 'generations'],
  ['drop', 'ada', 'attempt', 'generations'],
  ['release', 'ada', 'attempt'],
  ['restored'],
])('requires a reason: %j', async (...argv) => {
  expect(await metered('missing.db', ...argv)).toMatchObject({
    code: 2,
    stderr: `metered ${argv[0]} needs --reason. See metered ${argv[0]} --help.\n`,
  })
})
