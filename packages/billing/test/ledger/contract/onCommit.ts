import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/ledger/commands.ts'
import { InvalidCommandError } from '../../../src/ledger/errors.ts'
import { aLeg, aReserve, aSettle, fetched, units } from '../builders.ts'
import type { OpenLedger } from './openLedger.ts'

export const onCommit = (open: OpenLedger) =>
  describe('onCommit', () => {
    test('calls listeners after COMMIT and before the caller gets the result', async () => {
      await using it = await open()
      await fetched(it.ledger, units(10))
      const order: unknown[] = []
      let committed = Promise.resolve<unknown>(null)
      it.ledger.onCommit((command) => {
        order.push(command)
        // The other node sees the new rows only if the transaction has been committed.
        committed = it.other.balances('ada')
      })
      const reserve = aReserve({ legs: [aLeg({ amount: 4 })] })
      await it.ledger.execute(reserve).then(() => order.push('answered'))
      expect(order).toEqual([reserve, 'answered'])
      expect(await committed).toMatchObject({ balances: [{ available: 6, held: 4 }] })
    })

    test('calls listeners in the order of each customer’s commands', async () => {
      await using it = await open()
      const seen: Command[] = []
      it.ledger.onCommit((command) => seen.push(command))
      const commands = ['ada', 'bob', 'ada'].map((customer) => aSettle({ customer }))
      await Promise.all(commands.map((command) => it.ledger.execute(command)))
      expect(seen).toHaveLength(3)
      const ofAda = (it: Command) => it.customer === 'ada'
      expect(seen.filter(ofAda)).toEqual(commands.filter(ofAda))
    })

    test('does not call listeners for a command that fails', async () => {
      await using it = await open({ queueCommands: 1 })
      const seen: Command[] = []
      it.ledger.onCommit((command) => seen.push(command))
      const malformed = it.ledger.execute(aReserve({ legs: [] }))
      const accepted = aSettle()
      const answered = it.ledger.execute(accepted)
      const overflowing = it.ledger.execute(aSettle())
      await expect(malformed).rejects.toThrow(InvalidCommandError)
      await expect(overflowing).rejects.toThrow('queueFull')
      await answered
      expect(seen).toEqual([accepted])
    })

    test("calls a listener only for its process's commands, and only until the listener unsubscribes", async () => {
      await using it = await open()
      const seen: Command[] = []
      const unsubscribe = it.ledger.onCommit((command) => seen.push(command))
      await it.other.execute(aSettle())
      unsubscribe()
      await it.ledger.execute(aSettle())
      expect(seen).toEqual([])
    })
  })
