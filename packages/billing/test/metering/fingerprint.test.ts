import { expect, test } from 'vitest'
import { fingerprint } from '../../src/metering/fingerprint.ts'

const same = async (one: unknown, other: unknown) => (await fingerprint(one)) === (await fingerprint(other))

test.each<[what: string, one: unknown, other: unknown]>([
  ['fields', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
  ['fields in a list', [{ a: 1, b: 2 }], [{ b: 2, a: 1 }]],
  ['a set’s items', new Set([1, 2]), new Set([2, 1])],
  [
    'a map’s entries',
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    new Map([
      ['b', 2],
      ['a', 1],
    ]),
  ],
])('does not depend on the order of %s', async (_, one, other) => {
  expect(await same(one, other)).toBe(true)
})

test('ignores fields whose value is undefined, as JSON does', async () => {
  expect(await same({ a: 1, b: undefined }, { a: 1 })).toBe(true)
})

const long = 'x'.repeat(10_000)
test.each<[what: string, one: unknown, other: unknown]>([
  ['the order of a list', [1, 2], [2, 1]],
  ['names and values', { a: 'b' }, { b: 'a' }],
  ['a number and its text', { a: 1 }, { a: '1' }],
  ['long texts of the same length', `${long}a`, `${long}b`],
  ['the content of files', new File(['a'], 'note.txt'), new File(['b'], 'note.txt')],
])('distinguishes %s', async (_, one, other) => {
  expect(await same(one, other)).toBe(false)
})
