import { describe, expect, test } from 'vitest'
import type { Recover } from '../../../src/ledger/commands.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { operationId } from '../../../src/metering/operationId.ts'
import {
  aLeg,
  anInstall,
  aRenew,
  aReserve,
  aSettle,
  aTakeLease,
  fetched,
  settleOf,
  units,
} from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, anAct, balance, deliver, listBudgets, park, setBudget, spend } from './steps.ts'

const hour = 3_600_000
const noon = Date.parse('2026-11-22T12:00:00Z')
const procedure = 'studio.generate'
const fingerprint = 'a'.repeat(64)
const operationOf = (key: string) => operationId({ customer: 'ada', procedure, key, fingerprint })

/** Builds an event that Flowglad has and the ledger has lost. */
const aLostEvent = (event: Partial<Recover['events'][number]> = {}) => ({
  attempt: attemptId(Date.now()),
  meter: 'generations',
  subscription: 'sub_1',
  amount: 3,
  procedure,
  priceId: 'price_1',
  at: Date.now(),
  properties: { procedure },
  operation: null,
  ...event,
})
const aRecover = (...events: Recover['events']): Recover => ({ type: 'recover', customer: 'ada', events })

export const restore = (open: OpenLedger) =>
  describe('after a restore', () => {
    test("asks for one fetch before a customer's first hold", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.other.markRestored()
      const outdated = { state: 'needsSnapshot', reason: 'outdated' }
      expect(await it.ledger.execute(aReserve())).toEqual(outdated)
      expect(await it.other.execute(aReserve())).toEqual(outdated)
      expect((await it.ledger.balances('ada')).snapshot).toMatchObject({ outdated: true, needsFetch: true })
      // If Flowglad doesn't respond, the ledger uses the snapshot from the backup.
      expect(await it.ledger.execute(aReserve({ decisive: true }))).toMatchObject({
        state: 'held',
        outdated: true,
      })
      await fetched(it.ledger, units(10))
      expect(await it.ledger.execute(aReserve())).toMatchObject({ state: 'held', outdated: false })
    })

    test('rejects a snapshot whose fetch began before the restore was recorded', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const lease = aTakeLease()
      await it.ledger.execute(lease)
      await it.other.markRestored()
      expect(await it.ledger.execute(anInstall({ token: lease.token, snapshot: units(10) }))).toEqual({
        state: 'leaseLost',
      })
    })

    test('raises the version above the versions of the lost rows', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const { version } = await it.ledger.balances('ada')
      await it.other.markRestored()
      expect((await it.ledger.balances('ada')).version).toBeGreaterThan(version + 1_000_000)
      expect(await it.ledger.versions(['ada'])).toEqual(
        new Map([['ada', (await it.other.balances('ada')).version]]),
      )
    })

    test('records a restore as an act only if an operator reports it', async () => {
      await using it = await open()
      await it.ledger.markRestored()
      expect(await it.other.ledgerActs()).toEqual([])
      await it.other.markRecovered()
      it.advance(1_000)
      await it.other.markRestored({ id: 'b', by: 'olga', reason: 'The disk failed' })
      it.advance(1_000)
      await it.ledger.markRestored({ id: 'a', by: 'ben', reason: 'To be sure' })
      const [first, second] = await it.ledger.ledgerActs()
      const at = first?.at ?? 0
      expect(first).toEqual({
        id: 'b',
        at: expect.any(Number),
        by: 'olga',
        reason: 'The disk failed',
        act: { type: 'restored' },
        before: { restoredAt: at - 1_000, recoveredAt: at - 1_000 },
        after: { restoredAt: at, recoveredAt: null },
      })
      // The second report of the restore doesn't restart the running recovery.
      expect(second).toMatchObject({ by: 'ben', before: first?.after, after: first?.after, at: at + 1_000 })
    })

    test('recognizes lost keys until their retention period has ended', async () => {
      await using it = await open({ keyRetentionMs: 60_000 })
      expect(await it.ledger.restoreState()).toMatchObject({ isRecovering: false, recognizesKeys: false })
      await it.ledger.markRestored()
      expect(await it.other.restoreState()).toMatchObject({ isRecovering: true, recognizesKeys: true })
      await it.other.markRecovered()
      expect(await it.ledger.restoreState()).toMatchObject({ isRecovering: false, recognizesKeys: true })
      it.advance(60_001)
      expect(await it.ledger.restoreState()).toMatchObject({ isRecovering: false, recognizesKeys: false })
    })

    test('reports the state of each event', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const delivered = await spend(it.ledger, 1)
      await it.ledger.execute(acknowledgeOf(delivered))
      const waiting = await spend(it.ledger, 1)
      const event = (attempt: string, meter = 'generations', customer = 'ada') => ({
        customer,
        attempt,
        meter,
      })
      expect(
        await it.other.eventStates([
          event('never'),
          event(waiting),
          event(delivered),
          event(delivered, 'tokens'),
          event(delivered, 'generations', 'bob'),
        ]),
      ).toEqual(['missing', 'open', 'acknowledged', 'missing', 'missing'])
    })

    test('distinguishes recovered events from events that the backup contained', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const kept = await spend(it.ledger, 1)
      await it.ledger.execute(acknowledgeOf(kept))
      it.advance(1)
      await it.ledger.markRestored()
      it.advance(1)
      const lost = aLostEvent()
      await it.other.execute(aRecover(lost))
      it.advance(1)
      await it.ledger.markRestored()
      const event = (attempt: string) => ({ customer: 'ada', attempt, meter: 'generations' })
      expect(await it.other.eventStates([event(kept), event(lost.attempt)])).toEqual([
        'acknowledged',
        'recovered',
      ])
    })

    test('subtracts a lost event only from the backup’s snapshot', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.markRestored()
      await it.ledger.execute(aRecover(aLostEvent()))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3, limit: 10 })
      await fetched(it.ledger, units(5, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 5, used: 5, limit: 10 })
      await it.other.execute(aRecover(aLostEvent({ amount: 2 })))
      expect(await balance(it.ledger)).toMatchObject({ available: 5, used: 5, limit: 10 })
    })

    test('counts a lost event only once if the period’s first snapshot already includes it', async () => {
      await using it = await open()
      await fetched(it.ledger, units(6, 10))
      await it.other.execute(aRecover(aLostEvent({ amount: 4 })))
      await fetched(it.ledger, units(6, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 6, used: 4, limit: 10 })
    })

    test('subtracts a lost event only once if a fetch is running', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.markRestored()
      const lease = aTakeLease()
      await it.ledger.execute(lease)
      await it.other.execute(aRecover(aLostEvent(), aLostEvent({ meter: 'tokens', amount: 4 })))
      const snapshot = units(7, 10)
      snapshot.meters.tokens = { available: 6, granted: 10 }
      await it.ledger.execute(anInstall({ token: lease.token, snapshot }))
      expect((await it.ledger.balances('ada')).balances).toMatchObject([{ available: 7 }, { available: 6 }])
    })

    test('lists a lost event as delivered and adds its units to the usage of its day', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const event = aLostEvent({ at: Date.now() - 1000 })
      expect(await it.ledger.execute(aRecover(event))).toEqual({ state: 'recovered', added: 1 })
      expect(await it.other.execute(aRecover(event))).toEqual({ state: 'recovered', added: 0 })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges).toMatchObject([
        { transactionId: event.attempt, amount: 3, state: 'delivered', priceId: 'price_1', procedure },
      ])
      const days = await it.ledger.usage({ customer: 'ada', days: 2 })
      expect(days.map(({ amount }) => amount)).toEqual([3])
      expect((await it.ledger.health()).waiting).toBe(0)
    })

    test('acknowledges a waiting event that Flowglad already has', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 3)
      expect(await it.other.execute(aRecover(aLostEvent({ attempt })))).toEqual({
        state: 'recovered',
        added: 0,
      })
      expect((await it.ledger.health()).waiting).toBe(0)
      await fetched(it.ledger, units(7, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3 })
    })

    test('corrects the amount of a stream that expired before its usage was recovered', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const stream = aReserve({ legs: [aLeg({ amount: 5 })], ttlMs: 1000 })
      await it.ledger.execute(stream)
      const counted = [{ meter: 'generations', amount: 2 }]
      await it.ledger.execute(aRenew(stream, { ttlMs: 1000, counted }))
      it.advance(2000)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      const lost = aRecover(aLostEvent({ attempt: stream.attempt, amount: 3 }))
      for (const node of [it.other, it.ledger])
        expect(await node.execute(lost)).toEqual({ state: 'recovered', added: 0 })
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges).toMatchObject([{ amount: 3, state: 'delivered', flagged: null }])
      expect((await it.ledger.usage({ customer: 'ada', days: 2 })).map(({ amount }) => amount)).toEqual([3])
      await fetched(it.ledger, units(7, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, held: 0, used: 3 })
    })

    test('counts a lost event in the budget window in which it was booked', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await setBudget(it.ledger, { window: 'hour' })
      await it.ledger.markRestored()
      expect(await listBudgets(it.other)).toMatchObject([{ limit: 5, used: 0 }])
      const early = aLostEvent({ at: noon - 1, amount: 4 })
      await it.other.execute(aRecover(early, aLostEvent({ at: noon, amount: 2 })))
      expect(await listBudgets(it.ledger)).toMatchObject([{ limit: 5, used: 2 }])
    })

    test('counts a lost event in the budget window in which its hold was taken', async () => {
      await using it = await open()
      await fetched(it.ledger, units(100))
      await setBudget(it.ledger, { window: 'hour', limit: 50 })
      const [first, second] = [aReserve(), aReserve()]
      await it.ledger.execute(first)
      it.advance(hour)
      await it.ledger.execute(second)
      const lost = (attempt: string, at: number) => aRecover(aLostEvent({ attempt, at, amount: 3 }))
      await it.other.execute(lost(first.attempt, noon + hour))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 0, held: 1 }])
      await it.other.execute(lost(second.attempt, noon + 3 * hour))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 3, held: 0 }])
    })

    test('corrects the units that a budget has counted for an expired stream', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await setBudget(it.ledger)
      const stream = aReserve({ legs: [aLeg({ amount: 5 })], ttlMs: 1000 })
      await it.ledger.execute(stream)
      const counted = [{ meter: 'generations', amount: 4 }]
      await it.ledger.execute(aRenew(stream, { ttlMs: 1000, counted }))
      it.advance(2000)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 4, held: 0 }])
      await it.other.execute(aRecover(aLostEvent({ attempt: stream.attempt, amount: 3 })))
      expect(await listBudgets(it.ledger)).toMatchObject([{ used: 3, held: 0 }])
    })

    test('corrects the daily total when a dropped event is recovered', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const attempt = await spend(it.ledger, 2)
      await park(it.ledger, attempt)
      await it.ledger.execute(anAct({ type: 'drop', attempt, meter: 'generations' }))
      await it.other.execute(aRecover(aLostEvent({ attempt, amount: 3 })))
      expect((await it.ledger.usage({ customer: 'ada', days: 2 })).map(({ amount }) => amount)).toEqual([3])
      expect(await it.ledger.audit('ada')).toEqual([])
    })

    test('returns `completed` only for retries of the lost operation', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await fetched(it.ledger, units(10), { customer: 'bob' })
      await it.ledger.execute(aRecover(aLostEvent({ operation: operationOf('k') })))
      const retry = aReserve({ key: 'k', recoverable: operationOf('k') })
      expect(await it.other.execute(retry)).toEqual({ state: 'completed', result: null })
      const otherInput = { key: 'k', procedure, fingerprint: 'b'.repeat(64) }
      const recoverable = operationId({ customer: 'ada', ...otherInput })
      expect(await it.ledger.execute(aReserve({ ...otherInput, recoverable }))).toEqual({
        state: 'keyReused',
      })
      for (const other of [{ procedure: 'other' }, { customer: 'bob' }]) {
        const call = { customer: 'ada', procedure, key: 'k', fingerprint, ...other }
        const answer = await it.ledger.execute(aReserve({ ...call, recoverable: operationId(call) }))
        expect(answer).toMatchObject({ state: 'held' })
      }
    })

    test('charges nothing for a retry that started before the operation was recovered', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const retry = aReserve({ key: 'k', recoverable: operationOf('k') })
      await it.ledger.execute(retry)
      await it.other.execute(aRecover(aLostEvent({ operation: operationOf('k') })))
      const settle = settleOf(retry, { recoverable: operationOf('k'), result: '"again"' })
      expect(await it.ledger.execute(settle)).toEqual({ state: 'completed', result: null })
      expect((await it.ledger.health()).waiting).toBe(0)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
    })

    test('drops only the waiting usage of the recovered operation’s retry', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      for (const key of ['k', 'other', null]) {
        const properties = key === null ? {} : { operation: operationOf(key) }
        await it.ledger.execute(aSettle({ key, properties }))
      }
      await it.other.execute(aRecover(aLostEvent({ operation: operationOf('k'), amount: 1 })))
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.map(({ state }) => state).sort()).toEqual(['delivered', 'dropped', 'waiting', 'waiting'])
      await deliver(it.ledger)
      await fetched(it.ledger, units(7, 10))
      expect(await balance(it.ledger)).toMatchObject({ available: 7, used: 3 })
    })

    test("runs and charges an operation again if its key's retention period has ended", async () => {
      await using it = await open({ keyRetentionMs: 60_000 })
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aSettle({ key: 'k', properties: { operation: operationOf('k') } }))
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 1, cursor: null })
      const at = (charges[0]?.at ?? 0) - 60_000
      await it.other.execute(aRecover(aLostEvent({ at, operation: operationOf('k') })))
      expect((await it.ledger.health()).waiting).toBe(1)
      expect(await it.ledger.execute(aReserve({ recoverable: operationOf('k') }))).toMatchObject({
        state: 'held',
      })
    })

    test('keeps the waiting usage of an operation whose input differs', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const other = operationId({ customer: 'ada', procedure, key: 'k', fingerprint: 'b'.repeat(64) })
      await it.ledger.execute(aSettle({ key: 'k', properties: { operation: other } }))
      await it.other.execute(aRecover(aLostEvent({ operation: operationOf('k') })))
      expect((await it.ledger.health()).waiting).toBe(1)
    })

    test("keeps a retry's usage if the usage was already sent", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      await it.ledger.execute(aSettle({ key: 'k', properties: { operation: operationOf('k') } }))
      await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))
      await it.other.execute(aRecover(aLostEvent({ operation: operationOf('k') })))
      expect((await it.ledger.health()).waiting).toBe(1)
    })

    test("keeps a retry's usage if Flowglad has rejected the usage", async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const retry = aSettle({ key: 'k', properties: { operation: operationOf('k') } })
      await it.ledger.execute(retry)
      // Run both commands in one batch, because only then does the recovery load an event that isn't waiting.
      await Promise.all([
        park(it.ledger, retry.attempt),
        it.ledger.execute(aRecover(aLostEvent({ operation: operationOf('k') }))),
      ])
      const { charges } = await it.ledger.charges({ customer: 'ada', limit: 5, cursor: null })
      expect(charges.map(({ state }) => state).sort()).toEqual(['delivered', 'parked'])
    })

    test('ends the hold of a recovered attempt without charging it again', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const reserve = aReserve({ ttlMs: 1000, legs: [aLeg({ amount: 3, onExpiry: 'settle' })] })
      await it.ledger.execute(reserve)
      await it.other.execute(aRecover(aLostEvent({ attempt: reserve.attempt })))
      it.advance(1001)
      await it.ledger.execute({ type: 'expire', customer: 'ada' })
      expect((await it.ledger.health()).waiting).toBe(0)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
    })
  })
