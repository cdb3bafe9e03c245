import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../src/ledger/stores/postgres/migrations.ts'
import { contractionsIn } from './contractions.ts'

/** The hashes of the released migrations. After a release, add the hashes of its migrations. */
const released = [
  'c319d1153985e1d1',
  '187441d231ed3403',
  'c12c0d467a29c6b4',
  'fc85b9999b68b94c',
  '5e4b1bb9660b82eb',
]
const hashOf = (migration: string) => createHash('sha256').update(migration).digest('hex').slice(0, 16)

test('keeps released migrations unchanged', () => {
  expect(migrations.slice(0, released.length).map(hashOf)).toEqual(released)
})

test('adds only migrations that nodes of the earlier release can work with', () => {
  expect(contractionsIn(...migrations.slice(released.length))).toEqual([])
})

describe('contractionsIn', () => {
  test.each([
    ['ALTER TABLE metered.hold ADD COLUMN later text NOT NULL', 'adds a NOT NULL column without a default'],
    [
      'ALTER TABLE metered.hold ADD a bigint, ADD b text NOT NULL',
      'adds a NOT NULL column without a default',
    ],
    ['ALTER TABLE metered.hold DROP COLUMN legs', 'drops a column'],
    ['alter table metered.hold add a bigint, drop legs', 'drops a column'],
    ['ALTER TABLE metered.hold DROP COLUMN IF EXISTS legs', 'drops a column'],
    ['ALTER TABLE metered.hold RENAME COLUMN legs TO parts', 'renames a table or a column'],
    ['ALTER TABLE metered.hold RENAME legs TO parts', 'renames a table or a column'],
    ['ALTER TABLE metered.hold RENAME TO reservation', 'renames a table or a column'],
    ['DROP TABLE metered.daily', 'drops what an earlier release uses'],
    ['ALTER TABLE metered.hold DROP CONSTRAINT hold_pkey', 'changes a primary key or another constraint'],
    [
      'ALTER TABLE metered.hold ADD PRIMARY KEY (attempt, customer)',
      'changes a primary key or another constraint',
    ],
    [
      'ALTER TABLE metered.hold ADD CONSTRAINT p PRIMARY KEY (attempt)',
      'changes a primary key or another constraint',
    ],
    [
      'ALTER TABLE metered.hold ALTER COLUMN legs TYPE jsonb USING legs::jsonb',
      'changes the type of a column',
    ],
    [
      'ALTER TABLE metered.hold ADD COLUMN a text; ALTER TABLE metered.key ALTER a TYPE bigint USING length(a)',
      'changes the type of a column',
    ],
    ['ALTER TABLE metered.hold ALTER prune_at SET NOT NULL', 'requires a value in a column'],
    ['CREATE UNIQUE INDEX hold_attempt ON metered.hold (attempt)', 'adds a unique index'],
    ['CREATE UNIQUE INDEX hold_open ON metered.hold (customer, lower(attempt))', 'adds a unique index'],
    ['CREATE UNIQUE INDEX event_attempt ON metered.event (customer, attempt)', 'adds a unique index'],
  ])('rejects %s', (migration, problem) => {
    expect(contractionsIn(migration)).toEqual([expect.stringContaining(`${problem}: `)])
  })

  test.each([
    'ALTER TABLE metered.hold ADD COLUMN later text',
    "ALTER TABLE metered.hold ADD COLUMN later numeric(10, 2) NOT NULL DEFAULT 0, ADD a text NOT NULL DEFAULT ''",
    'ALTER TABLE metered.hold ADD COLUMN a bigint; ALTER TABLE metered.hold ALTER a TYPE bigint USING f(g(customer, 1), 0)',
    'CREATE TABLE metered.later (id text NOT NULL, PRIMARY KEY (id), UNIQUE (id))',
    'CREATE TABLE metered.later (id text PRIMARY KEY); ALTER TABLE metered.later DROP CONSTRAINT later_pkey',
    'CREATE UNIQUE INDEX hold_by_region ON metered.hold (region, customer, attempt)',
    'DROP INDEX metered.hold_due; CREATE INDEX hold_due ON metered.hold (customer)',
    'ALTER TABLE metered.hold ALTER COLUMN prune_at DROP NOT NULL, ALTER COLUMN legs SET DEFAULT 1',
    '-- ALTER TABLE metered.hold DROP COLUMN legs\nUPDATE metered.hold SET legs = legs',
  ])('accepts %s', (migration) => {
    expect(contractionsIn(migration)).toEqual([])
  })
})
