import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Operate } from '../../src/ledger/commands.ts'
import { createProbe } from '../../src/ledger/createProbe.ts'
import { createOperator } from '../../src/operator/createOperator.ts'
import { aReserve, fetched, units } from './builders.ts'
import { storeNames, stores } from './cli/cli.ts'
import { park, spend } from './contract/steps.ts'

const command = (act: Operate['act'], id: string = randomUUID()) => ({
  customer: 'ada',
  id,
  by: 'olga@example.com',
  reason: 'The incident of 12 May',
  act,
})
const adjust = (amount: number) => ({ type: 'adjust', meter: 'generations', amount }) as const

describe.each(storeNames)('%s', (name) => {
  test('finds the customers whose ID starts with a given text', async () => {
    await using it = await stores[name]()
    const operator = createOperator(it)
    for (const customer of ['ad', 'ada', 'ada%', 'adb', 'Ada', 'bob', 'ada\u{10FFFF}'])
      await fetched(it.ledger, units(10), { customer })
    const find = (startsWith: string, limit = 10) => operator.find({ startsWith, limit })
    expect(await find('ada')).toEqual(['ada', 'ada%', 'ada\u{10FFFF}'])
    expect(await find('ad', 2)).toEqual(['ad', 'ada'])
    expect(await find('ada%')).toEqual(['ada%'])
    expect(await find('a_a')).toEqual([])
    expect(await find('')).toHaveLength(7)
    await createProbe(it.ledger)()
    const similar = ['health 123456', 'health 1a', 'healthy']
    for (const customer of similar) await fetched(it.ledger, units(1), { customer })
    expect(await find('health')).toEqual(similar)
  })

  test('reports a customer’s balances, holds, charges, events and acts', async () => {
    await using it = await stores[name]()
    const operator = createOperator(it)
    await fetched(it.ledger, units(10))
    const refunded = await spend(it.ledger, 3)
    const parked = await spend(it.ledger, 2)
    await park(it.ledger, parked)
    const reserve = aReserve()
    await it.ledger.execute(reserve)
    const given = await operator.act(command(adjust(5)))
    const refund = await operator.act(command({ type: 'refund', attempt: refunded, meter: 'generations' }))
    if (given.state !== 'done' || refund.state !== 'done') throw new Error('The acts were refused')

    const report = await operator.customer('ada')
    expect(report).toMatchObject({
      customer: 'ada',
      snapshot: { subscription: { planName: 'Free' } },
      balances: [
        { meter: 'generations', available: 12, held: 1, used: 5, limit: 18, adjusted: 8, parked: 1 },
      ],
      holds: [{ attempt: reserve.attempt }],
      events: [
        { attempt: refunded, state: 'waiting' },
        { attempt: parked, state: 'parked' },
      ],
      acts: [refund.act, given.act],
    })
    const refunds = new Map(report?.charges.map((it) => [it.transactionId, it.refundedAt]))
    expect(refunds).toEqual(
      new Map([
        [parked, null],
        [refunded, refund.act.at],
      ]),
    )
    expect(await operator.customer('eve')).toBeNull()
    expect(await operator.audit('ada')).toEqual([])
  })

  test('marks refunded charges on every page', async () => {
    await using it = await stores[name]()
    const operator = createOperator(it)
    await fetched(it.ledger, units(10))
    const first = await spend(it.ledger, 1)
    await spend(it.ledger, 1)
    await operator.act(command({ type: 'refund', attempt: first, meter: 'generations' }))
    const newest = await operator.charges({ customer: 'ada', limit: 1, cursor: null })
    expect(newest.charges).toMatchObject([{ refundedAt: null }])
    const oldest = await operator.charges({ customer: 'ada', limit: 1, cursor: newest.cursor })
    expect(oldest.charges).toMatchObject([{ transactionId: first, refundedAt: expect.any(Number) }])
  })

  test('performs an act only once even if its command is sent again', async () => {
    await using it = await stores[name]()
    const operator = createOperator(it)
    await fetched(it.ledger, units(10))
    const adjustment = command(adjust(5))
    const done = await operator.act(adjustment)
    expect(await operator.act(adjustment)).toEqual({ ...done, state: 'repeated' })
    expect((await operator.customer('ada'))?.balances).toMatchObject([{ available: 15 }])
    expect(await operator.act(command(adjust(-16)))).toEqual({ state: 'refused', why: 'aboveLimit' })
  })

  test('exports the acts that follow a given act', async () => {
    await using it = await stores[name]()
    const operator = createOperator(it)
    await fetched(it.ledger, units(10))
    for (let n = 0; n < 3; n++) await operator.act(command(adjust(1)))
    const exported = async (query?: Parameters<typeof operator.acts>[0]) => {
      const acts = []
      for await (const act of operator.acts(query)) acts.push(act)
      return acts
    }
    const all = await exported()
    expect(all).toHaveLength(3)
    expect(await exported({ after: all[0] ?? null })).toEqual(all.slice(1))
    expect(await exported({ customer: 'bob' })).toEqual([])
  })
})
