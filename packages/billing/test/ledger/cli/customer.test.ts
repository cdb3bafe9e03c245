import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { aReserve, fetched, units } from '../builders.ts'
import { aDenial } from '../contract/denials.ts'
import { setBudget, spend } from '../contract/steps.ts'
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
    expect(stdout).toMatch(/generations +6 +1 +3 +10 +0 +1\n/)
    expect(stdout).toMatch(
      new RegExp(
        `Holds\n +attempt +procedure +units +expires\n +${reserve.attempt} +studio.generate +generations 1 +\\S+ \\S+Z\n`,
      ),
    )
    expect(stdout).toMatch(
      new RegExp(
        `Undelivered events\n +time +attempt +meter +units +state +procedure +retry +reason\n +\\S+ \\S+Z +${attempt} +generations +3 +parked +studio.generate +\\S+ \\S+Z +Price not found\n`,
      ),
    )
    expect(stdout).toMatch(
      new RegExp(
        `Last charges\n +time +attempt +meter +units +state +procedure +refunded\n +\\S+ \\S+Z +${attempt} +generations +3 +parked +studio.generate\n`,
      ),
    )

    expect(await meteredJson(it.address, 'customer', 'ada')).toMatchObject({
      customer: 'ada',
      balances: [{ meter: 'generations', available: 6, held: 1, used: 3, limit: 10, parked: 1 }],
      holds: [{ attempt: reserve.attempt }],
      charges: [{ transactionId: attempt, state: 'parked' }],
      events: [{ attempt, state: 'parked', reason }],
    })
  })

  test('shows the budgets that can deny a customer’s calls', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    await setBudget(it.ledger, { limit: 4 })
    await spend(it.ledger, 3)
    await it.ledger.execute(aReserve())
    const { stdout } = await metered(it.address, 'customer', 'ada')
    expect(stdout).toMatch(
      /Budgets\n +source +meter +scope +window +time zone +mode +limit +used +held +resets\n +customer +generations +all +month +UTC +block +4 +3 +1 +\S+ \S+Z\n/,
    )
    expect(await meteredJson(it.address, 'customer', 'ada')).toMatchObject({
      budgets: [{ meter: 'generations', window: 'month', limit: 4, used: 3, held: 1 }],
    })
  })

  test('shows the source and the scope of budgets and alerts', async () => {
    await using it = await stores[name]()
    const plan = { instance: 'p', meter: 'generations', limit: 9, mode: 'block', thresholds: [] } as const
    const planBudgets = [{ ...plan, scope: null, window: 'hour', timeZone: null } as const]
    await fetched(it.ledger, units(100), { planBudgets })
    await setBudget(it.ledger, { scope: { dimension: 'member', value: 'mia\n' }, limit: 5, thresholds: [80] })
    await spend(it.ledger, 4, [{ dimension: 'member', value: 'mia\n', atMost: 9 }])
    const { stdout } = await metered(it.address, 'customer', 'ada')
    expect(stdout).toMatch(/\n +customer +generations +member=mia +month +UTC +block +5 +4 +0 /)
    expect(stdout).toMatch(/\n +plan +generations +all +hour +block +9 +4 +0 /)
    expect(stdout).toMatch(/generations +80% +4 +5 +month, member=mia\n/)
  })

  test('shows a customer’s alerts, newest first', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(20))
    await setBudget(it.ledger, { limit: 4, mode: 'notify' })
    await spend(it.ledger, 16)
    const { stdout } = await metered(it.address, 'customer', 'ada')
    const rows = [
      'generations +100% +16 +4 +month',
      'generations +80% +16 +4 +month',
      'generations +80% +16 +20 +none \\(the plan\\)',
    ]
    expect(stdout).toMatch(
      new RegExp(
        `Alerts\n +time +meter +threshold +used +limit +budget\n${rows.map((row) => ` +\\S+ \\S+Z +${row}\n`).join('')}`,
      ),
    )
  })

  test('shows the time of a charge’s refund', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(10))
    const attempt = await spend(it.ledger, 3)
    await spend(it.ledger, 2)
    await metered(it.address, 'refund', 'ada', attempt, 'generations', '--reason', 'It was blurred')
    const { stdout } = await metered(it.address, 'customer', 'ada')
    expect(stdout).toMatch(new RegExp(`${attempt} +generations +3 +waiting +studio.generate +\\S+ \\S+Z\n`))
    expect(stdout).toMatch(/generations +2 +waiting +studio.generate\n/)
    expect(await meteredJson(it.address, 'customer', 'ada')).toMatchObject({
      charges: [{ refundedAt: null }, { transactionId: attempt, refundedAt: expect.any(Number) }],
    })
  })

  test('shows the reason for each denial in the last day', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(3))
    await it.ledger.countDenials([
      aDenial({ count: 12, required: 5, available: 3, firstMsAgo: 60_000 }),
      aDenial({ code: 'FEATURE_NOT_INCLUDED', meter: null, feature: 'hd', lastMsAgo: 1_000 }),
      aDenial({ code: 'KEY_REUSED', meter: null, procedure: 'bad\nname', lastMsAgo: 2_000 }),
      aDenial({ code: 'PAYMENT_OVERDUE', lastMsAgo: 2 * 86_400_000 }),
    ])
    const { stdout } = await metered(it.address, 'customer', 'ada')
    expect(stdout).toMatch(
      /Denials in the last day\n +calls +procedure +denial +reason +last\n +12 +studio.generate +INSUFFICIENT_CREDITS +generations: needed 5, available 3 +.+Z\n +1 +studio.generate +FEATURE_NOT_INCLUDED +the plan lacks hd +.+Z\n +1 +bad name +KEY_REUSED +.+Z\n/,
    )
    expect(stdout).not.toContain('PAYMENT_OVERDUE')
    expect(await meteredJson(it.address, 'customer', 'ada')).toMatchObject({
      denials: [
        { code: 'INSUFFICIENT_CREDITS', meter: 'generations', count: 12, required: 5, available: 3 },
        { code: 'FEATURE_NOT_INCLUDED', feature: 'hd' },
        { code: 'KEY_REUSED' },
      ],
    })
  })

  test('shows the denials of a customer without a snapshot', async () => {
    await using it = await stores[name]()
    await it.ledger.countDenials([aDenial({ customer: 'eve', code: 'BILLING_UNAVAILABLE', meter: null })])
    expect(await metered(it.address, 'customer', 'eve')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/1 +studio.generate +BILLING_UNAVAILABLE/),
    })
  })

  test('fails if the ledger has no such customer', async () => {
    await using it = await stores[name]()
    await it.ledger.health()
    expect(await metered(it.address, 'customer', 'eve')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The ledger has no customer eve. Check the ID.\n',
    })
  })
})
