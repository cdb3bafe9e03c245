import { describe, expect, test } from 'vitest'
import { defineMeters } from '../../src/contract/meters.ts'
import { createLabels } from '../../src/metering/labels.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'

const meters = defineMeters({ tokens: { dimensions: { model: 2, constructor: 5 } }, plain: {} })

function labelled(labels: () => unknown) {
  const { logger, messages } = recordingLogger()
  const labelsOf = createLabels(meters, logger)
  const read = () => labelsOf(['tokens', 'plain'], { procedure: 'write', labels }).get('tokens') ?? []
  return { labels: read(), read, messages }
}

test('keeps only declared labels and adds each dimension’s maximum number of values', () => {
  expect(labelled(() => ({ model: 'small', member: 'mia' })).labels).toEqual([
    { dimension: 'model', value: 'small', atMost: 2 },
  ])
})

test('reads only own properties', () => {
  expect(labelled(() => Object.create({ model: 'small' })).labels).toEqual([])
  expect(labelled(() => ({})).labels).toEqual([])
  expect(labelled(() => JSON.parse('{"__proto__":{"model":"small"}}')).labels).toEqual([])
})

test.each([
  ['nothing', () => undefined],
  ['null', () => null],
  ['a text', () => 'small'],
  ['a list', () => ['small']],
  ['a promise', async () => ({ model: 'small' })],
])('finds no labels if the callback returns %s', (_, labels) => {
  expect(labelled(labels)).toMatchObject({ labels: [], messages: [] })
})

test('handles the rejection of a promise that the callback returns', async () => {
  const rejections: unknown[] = []
  const note = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', note)
  labelled(() => Promise.reject(new Error('late')))
  await new Promise((resolve) => setTimeout(resolve, 10))
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('gone')
    },
  ],
  [
    'throws a value without a message',
    () => {
      throw Object.create(null)
    },
  ],
  [
    'returns an object whose getter throws',
    () => ({
      get model() {
        throw new Error('gone')
      },
    }),
  ],
])('finds no labels and warns once if the callback %s', (_, labels) => {
  const it = labelled(labels)
  expect([it.labels, it.read()]).toEqual([[], []])
  expect(it.messages).toHaveLength(1)
})

test('reads only the declared dimensions of an object with many properties', () => {
  const read: (string | symbol)[] = []
  const given = new Proxy(
    { model: 'small', member: 'mia' },
    {
      ownKeys: () => {
        throw new Error('The object is too large to list its properties')
      },
      get(target, name) {
        read.push(name)
        return Reflect.get(target, name)
      },
    },
  )
  const { labels, messages } = labelled(() => given)
  expect([labels.length, read, messages]).toEqual([1, ['model'], []])
})

test('labels the usage of work outside tRPC', async () => {
  await using stack = await startStack()
  const call = { customer: aUser(), meter: 'tokens', amount: 3 } as const
  await stack.billing.meter({ ...call, dimensions: { model: 'small', member: null } }, () => 'done')
  await stack.billing.meter(call, () => 'done')
  const query = { customer: 'ada', dimension: 'model', meters: ['tokens'], days: 1 }
  expect(await stack.ledger.usageByValue(query)).toMatchObject([
    { value: 'small', amount: 3 },
    { value: 'other', amount: 3 },
  ])
})

describe('defineMeters', () => {
  const define = (dimensions: Record<string, number>) => () => defineMeters({ tokens: { dimensions } })

  test('accepts up to 8 dimensions with 1 to 10,000 values', () => {
    const names = Array.from({ length: 8 }, (_, n) => [`d${n}`, n === 0 ? 1 : 10_000] as const)
    expect(define(Object.fromEntries(names))).not.toThrow()
  })

  test('rejects a ninth dimension', () => {
    const names = Array.from({ length: 9 }, (_, n) => [`d${n}`, 1] as const)
    expect(define(Object.fromEntries(names))).toThrow('tokens has 9 dimensions. A meter can have up to 8.')
  })

  test.each(['', 'two words', '1st', '__proto__', 'a\0', 'x'.repeat(65), 'größe'])(
    'rejects the dimension %j',
    (name) => {
      expect(define(Object.fromEntries([[name, 1]]))).toThrow(
        `"${name}" can't be a dimension of tokens. Use up to 64 letters, digits, dashes and underscores, and start with a letter.`,
      )
    },
  )

  test.each([0, -1, 1.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY])('rejects %d values', (atMost) => {
    expect(define({ model: atMost })).toThrow(
      `The dimension model of tokens can't have ${atMost} values. Set a whole number from 1 to 10000.`,
    )
  })
})
