import { expect, test } from 'vitest'
import { describeFault, faultName, targetOf } from '../../chaos/faults/fault.ts'
import { schedule } from '../../chaos/faults/schedule.ts'

const setup = {
  seed: 1,
  durationMs: 600_000,
  nodes: 1,
  store: 'SQLite',
  hasPooler: false,
  canFillDisk: true,
  holdTtlMs: 3_000,
} as const

test('derives the faults from the seed', () => {
  expect(schedule(setup)).toEqual(schedule(setup))
  expect(schedule({ ...setup, seed: 2 })).not.toEqual(schedule(setup))
})

test('causes every supported kind of fault within ten minutes', () => {
  const kinds = (given: Partial<Parameters<typeof schedule>[0]>) => [
    ...new Set(schedule({ ...setup, ...given }).map(({ fault }) => faultName(fault))),
  ]
  const everywhere = [
    'kill node',
    'pause node',
    'pause node beyond its holds',
    'clock forward',
    'clock backward',
  ]
  const sqlite = kinds({})
  expect(sqlite).toEqual(expect.arrayContaining([...everywhere, 'disk full', 'back up', 'restore']))
  expect(sqlite.filter((it) => it.startsWith('proxy'))).toHaveLength(9)
  expect(kinds({ canFillDisk: false })).not.toContain('disk full')
  expect(kinds({ store: 'PostgreSQL', nodes: 3 })).toEqual(
    expect.arrayContaining([...everywhere, 'kill PostgreSQL', 'terminate backends']),
  )
  const pooler = ['restart pooler', 'kill pooler', 'pause pooler']
  expect(kinds({ store: 'PostgreSQL', nodes: 2 })).not.toContain(pooler[0])
  expect(kinds({ store: 'PostgreSQL', nodes: 2, hasPooler: true })).toEqual(expect.arrayContaining(pooler))
})

test('never overlaps a fault with a restore or with another fault on the same target', () => {
  const all = schedule({ ...setup, durationMs: 120_000, nodes: 2 }).map(({ atMs, fault }) => ({
    fault,
    from: atMs,
    until: atMs + fault.forMs,
  }))
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      const isAlone = [one, other].some(({ fault }) => fault.kind === 'restore')
      if (!isAlone && targetOf(one.fault) !== targetOf(other.fault)) continue
      expect(one.until, `${describeFault(one.fault)} / ${describeFault(other.fault)}`).toBeLessThanOrEqual(
        other.from,
      )
    }
  }
})
