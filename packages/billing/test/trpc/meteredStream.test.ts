import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { meteredStream } from '../../src/trpc/meteredStream.ts'

async function* counting(to: number) {
  for (let n = 0; n < to; n++) yield n
}

/** A stream and what it told. */
function watched(source: AsyncIterable<number>, patienceMs = 10_000) {
  const told: string[] = []
  const stream = meteredStream(source, {
    clock: systemClock,
    patienceMs,
    started: () => told.push('started'),
    ended: async (how) => {
      told.push(how)
    },
  })
  return { stream, told }
}

test('a stream that is read to its end tells so once, before its reader knows', async () => {
  const { stream, told } = watched(counting(2))
  await stream.next()
  await stream.next()
  expect(told).toEqual(['started'])
  expect(await stream.next()).toMatchObject({ done: true })
  expect(told).toEqual(['started', 'finished'])
  await stream.next()
  await stream.return?.()
  expect(told).toEqual(['started', 'finished'])
})

test('a reader who leaves ends the stream, and its source cleans up first', async () => {
  const order: string[] = []
  async function* source() {
    try {
      yield 1
      yield 2
    } finally {
      order.push('cleaned up')
    }
  }
  const stream = meteredStream(source(), {
    clock: systemClock,
    patienceMs: 10_000,
    started: () => {},
    ended: async (how) => void order.push(how),
  })
  await stream.next()
  await stream.return?.()
  expect(order).toEqual(['cleaned up', 'left'])
})

test('a stream that nobody ever pulled has not started', async () => {
  const { stream, told } = watched(counting(2))
  await stream.return?.()
  expect(told).toEqual(['left'])
})

test('a source that is stuck does not keep what it counted from being charged', async () => {
  async function* stuck() {
    yield 1
    await new Promise(() => {})
  }
  const { stream, told } = watched(stuck(), 20)
  await stream.next()
  void stream.next()
  await stream.return?.()
  expect(told).toEqual(['started', 'left'])
})

test('a source that fails ends the stream, and the reader gets the failure', async () => {
  async function* failing() {
    yield 1
    throw new Error('the model is gone')
  }
  const { stream, told } = watched(failing())
  await stream.next()
  await expect(stream.next()).rejects.toThrow('the model is gone')
  expect(told).toEqual(['started', 'failed'])
})

test('a reader who throws into the stream ends it', async () => {
  const { stream, told } = watched(counting(2))
  await stream.next()
  await expect(stream.throw?.(new Error('enough'))).rejects.toThrow('enough')
  expect(told).toEqual(['started', 'failed'])
})
