import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { aLeg, aReserve, aSettle, aSnapshot, aTakeLease, fetched, settleOf } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'
import { acknowledgeOf, anAct, balance, deliver, park, spend } from './steps.ts'

const unlimitedBy = { generations: 'unlimited' }
const plan = (available: number, periodStart: number, features: string[] = []): Snapshot =>
  aSnapshot({ periodStart, features, meters: { generations: { available, granted: 10 } } })

/** Installs a snapshot of a plan with the given balance, period and features. */
const install = ({ ledger }: Awaited<ReturnType<OpenLedger>>, ...given: Parameters<typeof plan>) =>
  fetched(ledger, plan(...given), { unlimitedBy })

/** Spends units of an unlimited plan. Returns the attempt. */
async function spendUnlimited({ ledger }: Awaited<ReturnType<OpenLedger>>, amount: number): Promise<string> {
  const reserve = aReserve({ legs: [aLeg({ amount, unlimitedBy: 'unlimited' })] })
  await ledger.execute(reserve)
  await ledger.execute(settleOf(reserve))
  return reserve.attempt
}

export const unlimited = (open: OpenLedger) => {
  describe('while a plan is unlimited', () => {
    const standard = { priceSlug: 'standard' }
    const noCharge = { priceSlug: 'generations_no_charge' }
    const aCall = () => aReserve({ legs: [aLeg({ unlimitedBy: 'unlimited', price: standard })] })
    /** Returns the prices of the waiting usage events. */
    const prices = async ({ ledger }: Awaited<ReturnType<OpenLedger>>) => {
      const taken = await ledger.execute(aTakeLease({ purpose: 'deliver', maxEvents: 100 }))
      return taken.state === 'taken' ? taken.events.map(({ price }) => price) : taken
    }

    test('books usage at the no-charge price even if the hold’s row is gone', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      const held = aCall()
      await it.ledger.execute(held)
      await it.ledger.execute(settleOf(held))
      await it.ledger.execute(settleOf(aCall()))
      expect(await prices(it)).toEqual([noCharge, noCharge])
    })

    test('books usage at the meter’s price before and after the unlimited plan', async () => {
      await using it = await open()
      for (const features of [[], ['unlimited'], []]) {
        await install(it, 10, 1, features)
        const held = aCall()
        await it.ledger.execute(held)
        await it.ledger.execute(settleOf(held))
      }
      expect(await prices(it)).toEqual([standard, noCharge, standard])
    })

    test('books usage at the no-charge price if the meter is unlimited when the units are reserved or settled', async () => {
      await using it = await open()
      await install(it, 10, 1)
      const before = aCall()
      await it.ledger.execute(before)
      await install(it, 10, 1, ['unlimited'])
      const during = aCall()
      await it.ledger.execute(during)
      await it.ledger.execute(settleOf(before))
      await install(it, 10, 1)
      await it.ledger.execute(settleOf(during))
      expect(await prices(it)).toEqual([noCharge, noCharge])
    })
  })

  describe('after an unlimited plan ends', () => {
    test('makes only the plan’s grants available in a new period', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      await spendUnlimited(it, 500)
      await deliver(it.ledger)
      await install(it, -480, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
      await install(it, -480, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('leaves no units available until the period ends, even if usage is undelivered', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      await spendUnlimited(it, 500)
      await install(it, 10, 1)
      expect(await balance(it.ledger)).toMatchObject({ available: 0, used: 500, limit: 500 })
      await deliver(it.ledger)
      await install(it, -490, 1)
      expect(await balance(it.ledger)).toMatchObject({ available: 0 })
    })

    test('waives unlimited usage that another system has recorded', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      await install(it, -290, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('waives usage only once if its delivery was ambiguous when the plan ended', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      const attempt = await spendUnlimited(it, 300)
      await it.ledger.execute(aTakeLease({ purpose: 'deliver', leaseMs: 1000 }))
      it.advance(1001)
      await install(it, -290, 2)
      await it.ledger.execute(acknowledgeOf(attempt))
      await install(it, -290, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10 })
    })

    test('keeps the new balance when a hold from the unlimited plan settles later', async () => {
      await using it = await open()
      await install(it, 10, 1, ['unlimited'])
      const reserve = aReserve({ legs: [aLeg({ amount: 500, unlimitedBy: 'unlimited' })] })
      await it.ledger.execute(reserve)
      await install(it, 20, 2)
      await it.ledger.execute(settleOf(reserve, { amount: 700 }))
      expect(await balance(it.ledger)).toMatchObject({ available: 20, held: 0 })
      await deliver(it.ledger)
      await install(it, -680, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 20, held: 0 })
    })
  })

  describe('owed units', () => {
    /** Books units without a hold, so the balance may become negative. */
    const overspend = async (ledger: Ledger, amount: number) => {
      const price = { usageMeterSlug: 'generations' }
      const settle = aSettle({ legs: [{ meter: 'generations', amount, price, flagged: null }] })
      await ledger.execute(settle)
      return settle.attempt
    }
    /** Opens a ledger in which the customer has spent the plan's 10 units and owes `owed` more. */
    const openOwing = async (owed: number) => {
      const it = await open()
      await install(it, 10, 1)
      await overspend(it.ledger, 10 + owed)
      await deliver(it.ledger)
      return it
    }
    type Opened = Awaited<ReturnType<OpenLedger>>
    /** Spends and delivers 300 units of an unlimited plan. */
    const useUnlimited = async (it: Opened) => {
      await spendUnlimited(it, 300)
      await deliver(it.ledger)
    }
    /** Drops an event with 5 owed units during an unlimited plan. Returns its attempt. */
    const dropDuringUnlimited = async (it: Opened) => {
      await install(it, 10, 1)
      const attempt = await overspend(it.ledger, 15)
      await install(it, 10, 1, ['unlimited'])
      await park(it.ledger, attempt)
      await it.ledger.execute(anAct({ type: 'drop', attempt, meter: 'generations' }))
      return attempt
    }
    /** Installs an unlimited plan with the given balance, and uses it. */
    const changeToUnlimited = async (it: Opened, available: number) => {
      await install(it, available, 1, ['unlimited'])
      await useUnlimited(it)
    }

    test('stay owed after an unlimited plan until Flowglad settles them', async () => {
      await using it = await openOwing(5)
      await changeToUnlimited(it, -5)
      await install(it, -295, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 5, limit: 10, used: 5 })
      await install(it, -290, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('are not owed again after an unlimited plan if Flowglad settled them during the unlimited plan', async () => {
      await using it = await openOwing(5)
      await changeToUnlimited(it, -5)
      await install(it, -300, 2, ['unlimited'])
      await install(it, -290, 3)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('count as used until Flowglad settles them in a later period', async () => {
      await using it = await openOwing(5)
      await install(it, 5, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 5, limit: 10, used: 5 })
      await install(it, 10, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
      await install(it, 60, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 60, limit: 60, used: 0 })
    })

    test('stay owed if an unlimited plan ends within the same period', async () => {
      await using it = await openOwing(5)
      await changeToUnlimited(it, -5)
      await install(it, -305, 1)
      expect(await balance(it.ledger)).toMatchObject({ available: -5, used: 315, limit: 310 })
    })

    test('include no units of an event that was dropped during the unlimited plan', async () => {
      await using it = await open()
      await dropDuringUnlimited(it)
      await useUnlimited(it)
      await install(it, -280, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('stay owed if Flowglad recorded them even though their event was dropped', async () => {
      await using it = await open()
      const attempt = await dropDuringUnlimited(it)
      await it.ledger.execute(acknowledgeOf(attempt))
      await useUnlimited(it)
      await install(it, -295, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 5, limit: 10, used: 5 })
    })

    test('include no unlimited units that were already recorded when the ledger was created', async () => {
      await using it = await open()
      await install(it, -300, 1, ['unlimited'])
      await install(it, -290, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })

    test('include no unlimited units that a restored ledger lacks', async () => {
      await using it = await open()
      await install(it, 10, 1)
      await it.ledger.markRestored()
      await install(it, -300, 1, ['unlimited'])
      await install(it, -290, 2)
      expect(await balance(it.ledger)).toMatchObject({ available: 10, limit: 10, used: 0 })
    })
  })
}

export const limits = (open: OpenLedger) =>
  describe('limit and used', () => {
    test('counts granted units as used if they are not available in the first snapshot', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(4, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 4, used: 6, limit: 10 })
    })

    test('raises the limit with a top-up and resets it in a new period', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1))
      await spend(it.ledger, 3)
      await fetched(it.ledger, plan(60, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 57, used: 3, limit: 60 })
      await deliver(it.ledger)
      await fetched(it.ledger, plan(57, 1))
      expect(await balance(it.ledger)).toMatchObject({ available: 57, used: 3, limit: 60 })
      await fetched(it.ledger, plan(10, 2))
      expect(await balance(it.ledger)).toMatchObject({ available: 10, used: 0, limit: 10 })
    })

    test('subtracts undelivered usage and open holds from the new period’s grants', async () => {
      await using it = await open()
      await fetched(it.ledger, plan(10, 1))
      await spend(it.ledger, 3)
      await it.ledger.execute(aReserve({ legs: [aLeg({ amount: 2 })] }))
      await fetched(it.ledger, plan(10, 2))
      expect(await balance(it.ledger)).toMatchObject({ available: 5, held: 2, used: 3, limit: 10 })
    })
  })
