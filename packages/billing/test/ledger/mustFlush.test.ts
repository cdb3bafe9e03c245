import { expect, test } from 'vitest'
import type { Command } from '../../src/ledger/commands.ts'
import { mustFlush } from '../../src/ledger/core/mustFlush.ts'
import { aLeg, anInstall, aRenew, aReserve, aTakeLease, settleOf } from './builders.ts'

const reserve = aReserve()
const { customer, attempt } = reserve

test.each<[guarantee: string, flushed: Command[]]>([
  ['a charge', [settleOf(reserve)]],
  ['the hold of work that is charged at expiry', [aReserve({ legs: [aLeg({ onExpiry: 'settle' })] })]],
  ['the units that a stream has counted', [aRenew(reserve, { counted: [{ meter: 'tokens', amount: 1 }] })]],
  ['the return of units', [{ type: 'release', customer, attempt }]],
  ['a record of the events that are about to be sent to Flowglad', [aTakeLease({ purpose: 'deliver' })]],
  ['a snapshot', [anInstall({ token: 'token' })]],
])('flushes %s to the disk before the command returns', (_, commands) => {
  expect(commands.every(mustFlush)).toBe(true)
})

test('does not flush commands that a crash can undo without harm', () => {
  const commands: Command[] = [
    reserve,
    aRenew(reserve),
    { type: 'expire', customer },
    { type: 'acknowledge', customer, events: [] },
    { type: 'leaveLease', customer, token: 'token', untaken: [] },
    { type: 'listBudgets', customer },
  ]
  expect(commands.some(mustFlush)).toBe(false)
})
