import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { meteredStream } from '../../src/metering/meteredStream.ts'
import { Reader } from '../../src/sessions/reader.ts'

async function* counting(to: number) {
  for (let n = 0; n < to; n++) yield n
}

/** Returns a metered stream and the list of events that it reports. */
function watched(source: AsyncIterable<number>, patienceMs = 10_000, reported: string[] = []) {
  const request = new AbortController()
  const stream = meteredStream(source, {
    clock: systemClock,
    patienceMs,
    reader: new Reader({ request: request.signal }),
    wrap(chunk) {
      if (Number.isNaN(chunk)) throw new Error('no number')
      return chunk
    },
    started: () => reported.push('started'),
    onStop() {},
    ended: async (how) => {
      reported.push(how)
    },
  })
  return { stream, reported, abort: () => request.abort() }
}

/** Yields once, and then never ends. */
async function* stuck() {
  yield 1
  await new Promise(() => {})
}

test("reports the stream's end only once, before the reader's last read resolves", async () => {
  const { stream, reported } = watched(counting(2))
  await stream.next()
  await stream.next()
  expect(reported).toEqual(['started'])
  expect(await stream.next()).toMatchObject({ done: true })
  expect(reported).toEqual(['started', 'finished'])
  await stream.next()
  await stream.return(undefined)
  expect(reported).toEqual(['started', 'finished'])
})

test('lets the source clean up before reporting that the reader left', async () => {
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

test('does not start a stream that is never read', async () => {
  const { stream, reported } = watched(counting(2))
  await stream.return(undefined)
  expect(reported).toEqual(['left'])
})

test("reports the stream's end even if the source is stuck", async () => {
  const { stream, reported } = watched(stuck(), 20)
  await stream.next()
  void stream.next()
  await stream.return(undefined)
  expect(reported).toEqual(['started', 'left'])
})

test('ends a stuck stream and its pending read when the request aborts', async () => {
  const { stream, reported, abort } = watched(stuck(), 20)
  await stream.next()
  const pull = stream.next()
  abort()
  expect(await pull).toEqual({ done: true, value: undefined })
  expect(reported).toEqual(['started', 'left'])
  await stream.return(undefined)
  expect(reported).toEqual(['started', 'left'])
})

test('ends an unread stream when the request aborts', async () => {
  const { reported, abort } = watched(counting(2))
  abort()
  await expect.poll(() => reported).toEqual(['left'])
})

test('reports `left` instead of `failed` if the source throws because its reader left', async () => {
  const gone = new AbortController()
  async function* obeying() {
    yield 1
    await setTimeout(600_000, undefined, { signal: gone.signal })
  }
  const { stream, reported, abort } = watched(obeying())
  await stream.next()
  const pull = stream.next()
  abort()
  gone.abort()
  await expect(pull).rejects.toThrow('aborted')
  expect(reported).toEqual(['started', 'left'])
})

test('does not start a stream whose request aborts before the first read', async () => {
  let worked = false
  async function* source() {
    worked = true
    yield 1
  }
  const { stream, reported, abort } = watched(source())
  abort()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect({ reported, worked }).toEqual({ reported: ['left'], worked: false })
})

test('does not report an abort after the stream has finished', async () => {
  const { stream, reported, abort } = watched(counting(0))
  await stream.next()
  abort()
  await new Promise(setImmediate)
  expect(reported).toEqual(['started', 'finished'])
})

test('fails the stream and lets the source clean up when a chunk cannot be sent', async () => {
  let cleaned = false
  async function* source() {
    try {
      yield Number.NaN
      yield 2
    } finally {
      cleaned = true
    }
  }
  const { stream, reported } = watched(source())
  await expect(stream.next()).rejects.toThrow('no number')
  expect({ reported, cleaned }).toEqual({ reported: ['started', 'failed'], cleaned: true })
})

test('reports `failed` when the reader leaves while a failed stream cleans up', async () => {
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
  const { stream, reported, abort } = watched(source())
  const pull = stream.next()
  await new Promise(setImmediate)
  abort()
  cleanUp()
  await expect(pull).rejects.toThrow('no number')
  expect(reported).toEqual(['started', 'failed'])
})

test('ends the stream and rethrows the error when the source fails', async () => {
  async function* failing() {
    yield 1
    throw new Error('the model is gone')
  }
  const { stream, reported } = watched(failing())
  await stream.next()
  await expect(stream.next()).rejects.toThrow('the model is gone')
  expect(reported).toEqual(['started', 'failed'])
})

test('ends the stream when the reader calls `throw`', async () => {
  const { stream, reported } = watched(counting(2))
  await stream.next()
  await expect(stream.throw?.(new Error('enough'))).rejects.toThrow('enough')
  expect(reported).toEqual(['started', 'failed'])
})
