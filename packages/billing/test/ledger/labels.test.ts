import { expect, test } from 'vitest'
import type { Command } from '../../src/ledger/commands.ts'
import { decide } from '../../src/ledger/core/decide.ts'
import { joined } from '../../src/ledger/core/loadedCustomer.ts'
import { needsOf } from '../../src/ledger/core/needs.ts'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { LoadedCustomers } from '../../src/ledger/stores/LoadedCustomers.ts'
import { RecentCustomers } from '../../src/ledger/stores/recentCustomers.ts'
import { aLeg, anInstall, aReserve, aTakeLease, settleOf, units } from './builders.ts'

/** Runs batches on rows that stay loaded. */
function aCustomer() {
  const rows = new LoadedCustomers(['ada'], new Map())
  const { byCustomer: loaded } = rows
  const run = (...commands: Command[]) => {
    const missing = needsOf(commands, loaded).labels.filter(
      ([, ...key]) => !rows.of('ada').labels.has(joined(...key)),
    )
    rows.addLabels(missing, [])
    return decide({ loaded, commands, now: 1, settings: ledgerDefaults })
  }
  run(aTakeLease({ token: 't' }), anInstall({ token: 't', snapshot: units(10) }))
  return { loaded, run, needs: (...commands: Command[]) => needsOf(commands, loaded).labels }
}

const labelled = (value = 'small') =>
  aReserve({ legs: [aLeg({ labels: [{ dimension: 'model', value, atMost: 5 }] })] })

test('a call without labels needs and writes no label rows', () => {
  const { run, needs } = aCustomer()
  const reserve = aReserve()
  const settle = settleOf(reserve)
  expect(needs(reserve, settle)).toEqual([])
  expect(run(reserve, settle).writes).toMatchObject({ labels: [], dailyLabels: [] })
})

test('a batch of reserves loads each label row once', () => {
  const { needs } = aCustomer()
  expect(needs(labelled(), labelled(), labelled('large'))).toEqual([
    ['ada', 'generations', 'model', 'small'],
    ['ada', 'generations', 'model', ''],
    ['ada', 'generations', 'model', 'large'],
  ])
})

test('a settle needs label rows only if it finds no hold', () => {
  const { run, needs } = aCustomer()
  const reserve = labelled()
  expect(needs(settleOf(reserve))).toHaveLength(2)
  run(reserve)
  expect(needs(settleOf(reserve))).toEqual([])
  const { writes } = run(settleOf(reserve))
  expect(writes).toMatchObject({ labels: [], dailyLabels: [{ value: 'small', amount: 1 }] })
})

test('a known value adds no row', () => {
  const { run } = aCustomer()
  expect(run(labelled()).writes.labels).toMatchObject([
    { value: 'small', number: 1 },
    { value: '', number: 1 },
  ])
  expect(run(labelled()).writes.labels).toEqual([])
})

test('a hold stores a value even if the value has no separate totals', () => {
  const { run } = aCustomer()
  const labels = ['small', 'large'].map((value) => [{ dimension: 'model', value, atMost: 1 }])
  const legs = labels.map((its) => aReserve({ legs: [aLeg({ labels: its })] }))
  expect(run(...legs).writes.newHolds.map(({ legs: [leg] }) => leg?.labels)).toEqual([
    [{ dimension: 'model', value: 'small', isKnown: true }],
    [{ dimension: 'model', value: 'large', isKnown: false }],
  ])
})

test('a process keeps no label rows in memory between batches', () => {
  const { loaded, run } = aCustomer()
  run(labelled())
  new RecentCustomers(10).keep(loaded, { provenAt: 0, now: 1, startedAt: 0 })
  expect(loaded.get('ada')?.labels.size).toBe(0)
})
