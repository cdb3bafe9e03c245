import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { meteredStream } from '../../src/metering/meteredStream.ts'

async function* counting(to: number) {
  for (let n = 0; n < to; n++) yield n
}

/** A stream and what it told. */
function watched(source: AsyncIterable<number>, patienceMs = 10_000, told: string[] = []) {
  const request = new AbortController()
  const stream = meteredStream(source, {
    clock: systemClock,
    patienceMs,
    signal: request.signal,
    check(chunk) {
      if (Number.isNaN(chunk)) throw new Error('no number')
    },
    started: () => told.push('started'),
    ended: async (how) => {
      told.push(how)
    },
  })
  return { stream, told, abort: () => request.abort() }
}

/** Yields once, then waits for what never comes. */
async function* stuck() {
  yield 1
  await new Promise(() => {})
}

test('a stream that is read to its end tells so once, before its reader knows', async () => {
  const { stream, told } = watched(counting(2))
  await stream.next()
  await stream.next()
  expect(told).toEqual(['started'])
  expect(await stream.next()).toMatchObject({ done: true })
  expect(told).toEqual(['started', 'finished'])
  await stream.next()
  await stream.return(undefined)
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
  const { stream } = watched(source(), 10_000, order)
  await stream.next()
  await stream.return(undefined)
  expect(order).toEqual(['started', 'cleaned up', 'left'])
})

test('a stream that nobody ever pulled has not started', async () => {
  const { stream, told } = watched(counting(2))
  await stream.return(undefined)
  expect(told).toEqual(['left'])
})

test('a source that is stuck does not keep what it counted from being charged', async () => {
  const { stream, told } = watched(stuck(), 20)
  await stream.next()
  void stream.next()
  await stream.return(undefined)
  expect(told).toEqual(['started', 'left'])
})

test('the abort of the request ends a stream that is stuck, once, and the pull under way with it', async () => {
  const { stream, told, abort } = watched(stuck(), 20)
  await stream.next()
  const pull = stream.next()
  abort()
  expect(await pull).toEqual({ done: true, value: undefined })
  expect(told).toEqual(['started', 'left'])
  await stream.return(undefined)
  expect(told).toEqual(['started', 'left'])
})

test('the abort of the request ends a stream that nobody ever pulled', async () => {
  const { told, abort } = watched(counting(2))
  abort()
  await expect.poll(() => told).toEqual(['left'])
})

test('a source that throws because its reader went has been left, it has not failed', async () => {
  const gone = new AbortController()
  async function* obeying() {
    yield 1
    await setTimeout(600_000, undefined, { signal: gone.signal })
  }
  const { stream, told, abort } = watched(obeying())
  await stream.next()
  const pull = stream.next()
  abort()
  gone.abort()
  await expect(pull).rejects.toThrow('aborted')
  expect(told).toEqual(['started', 'left'])
})

test('a stream that is first pulled after its reader went does no work, and has not started', async () => {
  let worked = false
  async function* source() {
    worked = true
    yield 1
  }
  const { stream, told, abort } = watched(source())
  abort()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect({ told, worked }).toEqual({ told: ['left'], worked: false })
})

test('after the end the abort of the request, which comes with every response that closes, tells nothing more', async () => {
  const { stream, told, abort } = watched(counting(0))
  await stream.next()
  abort()
  await new Promise(setImmediate)
  expect(told).toEqual(['started', 'finished'])
})

test('a chunk that cannot be sent fails the stream, and its source cleans up', async () => {
  let cleaned = false
  async function* source() {
    try {
      yield Number.NaN
      yield 2
    } finally {
      cleaned = true
    }
  }
  const { stream, told } = watched(source())
  await expect(stream.next()).rejects.toThrow('no number')
  expect({ told, cleaned }).toEqual({ told: ['started', 'failed'], cleaned: true })
})

test('a reader who goes while a failed stream cleans up does not make it one that was left', async () => {
  let cleanUp = () => {}
  const cleaned = new Promise<void>((resolve) => {
    cleanUp = resolve
  })
  async function* source() {
    try {
      yield Number.NaN
    } finally {
      await cleaned
    }
  }
  const { stream, told, abort } = watched(source())
  const pull = stream.next()
  await new Promise(setImmediate)
  abort()
  cleanUp()
  await expect(pull).rejects.toThrow('no number')
  expect(told).toEqual(['started', 'failed'])
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
