import { expect, test } from 'vitest'
import { type Command, commandSchema } from '../../src/ledger/commands.ts'
import { isCertainlyValid } from '../../src/ledger/isCertainlyValid.ts'
import { aLeg, aReserve, aSettle, settleOf } from './builders.ts'

const legs = [
  aLeg({ unlimitedBy: 'unlimited', overageWith: 'overage' }),
  aLeg({ meter: 'tokens', price: { priceSlug: 'tokens_standard' }, onExpiry: 'settle' }),
]
const keyed = aReserve({ key: 'k', legs, pastDue: { graceMs: 0, leaves: 'free' } })

const label = { dimension: 'member', value: 'mia', atMost: 10_000 }
const labelled = aReserve({ legs: [aLeg({ labels: [label, { ...label, dimension: 'model' }] })] })

/** Valid commands of every type. Each field occurs in at least one command. */
const accepted: [string, Command][] = [
  ['a reserve', aReserve()],
  ['a reserve with a key, two legs and a past due rule', keyed],
  ['a reserve with labels', labelled],
  ['a settle', aSettle()],
  ['a settle with labels', settleOf(labelled)],
  [
    'a settle with a key, two legs, a result, a reference and a property',
    settleOf(keyed, { result: '"done"', reference: 'r', properties: { procedure: 'studio.generate' } }),
  ],
  ['a settle without legs', aSettle({ legs: [] })],
  ['a flagged settle of 0 units', aSettle({ legs: [{ ...aLeg(), amount: 0, flagged: 'stopped' }] })],
  ['a release', { type: 'release', customer: 'ada', attempt: 'a' }],
]

const badTexts = ['', 'a\0', 'a\ud800', '\udc00a', 'a,b', 'A'.repeat(64), 'x'.repeat(65), 'x'.repeat(5_000)]
const badNumbers = [-1, -0, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31 - 1, 2 ** 31, 2 ** 60]
const others = [
  undefined,
  null,
  true,
  7n,
  {},
  [],
  [null],
  new Array(1),
  ['a'],
  { length: 1 },
  new Date(0),
  () => 'a',
]
const values = [...badTexts, ...badNumbers, ...others]

/** Returns copies of the value, each with one change. */
function changed(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return values
  const inside = Object.entries(value).flatMap(([name, field]) =>
    changed(field).map((it) =>
      Array.isArray(value) ? value.with(Number(name), it) : { ...value, [name]: it },
    ),
  )
  if (Array.isArray(value)) return [...values, ...inside, [...value, ...value], value.slice(1)]
  const names = ['a\0', '', 'x'.repeat(129), 'another', 'priceSlug', '__proto__']
  const added = names.flatMap((name) =>
    ['a', 'a\0', null].map((it) => Object.fromEntries([...Object.entries(value), [name, it]])),
  )
  const removed = Object.keys(value).map((name) =>
    Object.fromEntries(Object.entries(value).filter(([it]) => it !== name)),
  )
  const instance = Object.assign(Object.create({ inherited: 1 }), value)
  return [...values, ...inside, ...added, ...removed, instance]
}

test.each(accepted)('accepts %s', (_, command) => {
  expect(isCertainlyValid(command)).toBe(true)
})

test.each(accepted)('accepts no change to %s that the schema rejects or corrects', (_, command) => {
  for (const mutant of changed(command).filter((it) => typeof it === 'object' && it !== null) as Command[]) {
    if (!isCertainlyValid(mutant)) continue
    const parsed = commandSchema.safeParse(mutant)
    // The schema removes unknown fields. `isCertainlyValid` ignores these fields, because the ledger doesn't read
    // them.
    expect(parsed.success && mutant).toMatchObject(parsed.data ?? {})
    expect(parsed.success).toBe(true)
  }
})

test('rejects long texts and unusual properties, which only the schema checks', () => {
  expect(isCertainlyValid(aReserve({ customer: 'x'.repeat(65) }))).toBe(false)
  expect(isCertainlyValid(aSettle({ properties: { count: 1 } }))).toBe(false)
})
