import { describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { aLeg, aReserve, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { anAct, balance, park, spend } from './steps.ts'

export const actsOf = async (ledger: Ledger, customer: string | null = 'ada') => {
  const found = []
  for await (const act of ledger.acts({ customer })) found.push(act)
  return found
}

export const acts = (open: OpenLedger) =>
  describe('operators’ acts', () => {
    test('records who retried a parked event, why, and the state before and after', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      await park(it.ledger, attempt)
      expect(await it.ledger.customersToDeliver(10)).toEqual([])
      const { version } = await it.ledger.balances('ada')
      const command = anAct({ type: 'retry', attempt, meter: 'generations' })
      const answer = await it.other.execute(command)
      expect(await it.ledger.customersToDeliver(10)).toEqual(['ada'])
      const accounts = [
        { meter: 'generations', available: 7, held: 0, booked: 3, dropped: 0, parked: 1, adjusted: 0 },
      ]
      const event = { state: 'parked', reason: 'Price not found' }
      const record = {
        customer: 'ada',
        id: command.id,
        at: expect.any(Number),
        by: 'olga',
        reason: 'The customer asked for it',
        act: { type: 'retry', attempt, meter: 'generations' },
        before: { event: { ...event, retryAt: expect.any(Number) }, accounts },
        after: { event: { ...event, retryAt: expect.any(Number) }, accounts },
      }
      expect(answer).toEqual({ state: 'done', act: record })
      const [read] = await actsOf(it.ledger)
      expect(read).toEqual(record)
      expect(read?.after.event?.retryAt).toBe(read?.at)
      expect(read?.before.event?.retryAt).toBeGreaterThan(read?.at ?? 0)
      expect((await it.ledger.balances('ada')).version).toBeGreaterThan(version)
    })

    test('drops a parked event only once even if the command is sent again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      await park(it.ledger, attempt)
      const command = anAct({ type: 'drop', attempt, meter: 'generations' })
      const done = await it.ledger.execute(command)
      expect(done).toMatchObject({
        state: 'done',
        act: {
          before: { event: { state: 'parked' }, accounts: [{ dropped: 0, parked: 1 }] },
          after: { event: { state: 'dropped', retryAt: null }, accounts: [{ dropped: 3, parked: 0 }] },
        },
      })
      expect(await it.other.execute(command)).toEqual({ ...done, state: 'repeated' })
      expect(await actsOf(it.ledger)).toHaveLength(1)
    })

    test('drops an event that is being retried', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      await park(it.ledger, attempt)
      await it.ledger.execute(anAct({ type: 'retry', attempt, meter: 'generations' }))
      await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))
      expect(await it.other.execute(anAct({ type: 'retry', attempt, meter: 'generations' }))).toEqual({
        state: 'refused',
        why: 'notParked',
      })
      expect(await it.other.execute(anAct({ type: 'drop', attempt, meter: 'generations' }))).toMatchObject({
        state: 'done',
      })
      expect((await it.ledger.health()).waiting).toBe(0)
    })

    test('still books the late settle of a hold that an operator released', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(reserve)
      const command = anAct({ type: 'release', attempt: reserve.attempt })
      expect(await it.other.execute(command)).toMatchObject({
        state: 'done',
        act: {
          before: {
            hold: { legs: [{ meter: 'generations', amount: 4 }] },
            accounts: [{ available: 6, held: 4 }],
          },
          after: { hold: null, accounts: [{ available: 10, held: 0 }] },
        },
      })
      expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
      await it.ledger.execute(settleOf(reserve))
      expect(await balance(it.ledger)).toMatchObject({ available: 6, used: 4 })
    })

    test('refuses an act without a matching event or hold and does not record the act', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 1)
      const refusals = []
      for (const act of [
        { type: 'retry', attempt: 'none', meter: 'generations' },
        { type: 'retry', attempt, meter: 'generations' },
        { type: 'drop', attempt, meter: 'generations' },
        { type: 'release', attempt },
      ] as const)
        refusals.push(await it.ledger.execute(anAct(act)))
      expect(refusals).toEqual(
        ['noEvent', 'notParked', 'notParked', 'noHold'].map((why) => ({ state: 'refused', why })),
      )
      expect(await it.ledger.execute(anAct({ type: 'release', attempt }, { customer: 'eve' }))).toEqual({
        state: 'refused',
        why: 'noHold',
      })
      expect(await actsOf(it.ledger, null)).toEqual([])
    })

    test('lists the acts of one or all customers, oldest first', async () => {
      await using it = await open()
      const ids = []
      for (const customer of ['bob', 'ada', 'bob']) {
        await fetched(it.ledger, units(10), { customer })
        const reserve = aReserve({ customer })
        await it.ledger.execute(reserve)
        const id = attemptId(Date.now())
        await it.ledger.execute(anAct({ type: 'release', attempt: reserve.attempt }, { customer, id }))
        ids.push(id)
        it.advance(1)
      }
      expect((await actsOf(it.other, null)).map(({ id }) => id)).toEqual(ids)
      expect((await actsOf(it.other, 'bob')).map(({ id }) => id)).toEqual([ids[0], ids[2]])
    })

    test('requires a reason', async () => {
      await using it = await open()
      const command = anAct({ type: 'release', attempt: 'a' }, { reason: '' })
      await expect(it.ledger.execute(command)).rejects.toMatchObject({ path: 'reason' })
    })
  })
