import { describe, expect, test } from 'vitest'
import { createFairQueue, QueueFullError } from '../src/limits/fairQueue.ts'
import { all, of } from './asyncLists.ts'

const settings = {
  running: 2,
  runningPerCustomer: 1,
  waiting: 4,
  waitingPerCustomer: 2,
  maxWaitMs: 60_000,
  retryAfterMs: 700,
}

/** Returns work that runs until the test ends it. */
function work() {
  let [resolve, reject] = [(_: string) => {}, (_: Error) => {}]
  const result = new Promise<string>((...functions) => ([resolve, reject] = functions))
  let isRunning = false
  const run = () => {
    isRunning = true
    return result
  }
  return { run, resolve, reject, isRunning: () => isRunning }
}

/** Waits for pending promise callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('fair queue', () => {
  test("runs one customer's work while another customer's work waits", async () => {
    const queue = createFairQueue(settings)
    const [first, second, other] = [work(), work(), work()]
    const results = [
      queue.run({ customer: 'ada' }, first.run),
      queue.run({ customer: 'ada' }, second.run),
      queue.run({ customer: 'bob' }, other.run),
    ]
    await settled()
    expect([first, second, other].map((it) => it.isRunning())).toEqual([true, false, true])
    for (const [index, it] of [first, second, other].entries()) it.resolve(`result ${index}`)
    expect(await Promise.all(results)).toEqual(['result 0', 'result 1', 'result 2'])
  })

  test("refuses work that doesn't fit into the queue and says when to try again", async () => {
    const queue = createFairQueue(settings)
    const running = work()
    const results = Array.from({ length: 4 }, () => queue.run({ customer: 'ada' }, running.run))
    await expect(results[3]).rejects.toEqual(new QueueFullError(700))
    running.resolve('done')
    expect(await Promise.all(results.slice(0, 3))).toEqual(['done', 'done', 'done'])
  })

  test('refuses work that has waited too long', async () => {
    const queue = createFairQueue({ ...settings, maxWaitMs: 5 })
    const [running, late] = [work(), work()]
    const first = queue.run({ customer: 'ada' }, running.run)
    await expect(queue.run({ customer: 'ada' }, late.run)).rejects.toEqual(new QueueFullError(700))
    running.resolve('done')
    await first
    await settled()
    expect(late.isRunning()).toBe(false)
  })

  test("frees the place of a caller that disconnects and never starts that caller's work", async () => {
    const queue = createFairQueue(settings)
    const [running, left, next] = [work(), work(), work()]
    const leaving = new AbortController()
    const first = queue.run({ customer: 'ada' }, running.run)
    const abandoned = queue.run({ customer: 'ada', signal: leaving.signal }, left.run)
    const last = queue.run({ customer: 'ada' }, next.run)
    leaving.abort(new Error('gone'))
    await expect(abandoned).rejects.toThrow('gone')
    await expect(queue.run({ customer: 'ada', signal: leaving.signal }, left.run)).rejects.toThrow('gone')
    running.resolve('done')
    await first
    next.resolve('next')
    expect(await last).toBe('next')
    expect(left.isRunning()).toBe(false)
  })

  test('ends the turn when work rejects or throws', async () => {
    const queue = createFairQueue(settings)
    for (let round = 0; round < 5; round++) {
      const failed = work()
      const result = queue.run({ customer: 'ada' }, failed.run)
      failed.reject(new Error('broken'))
      await expect(result).rejects.toThrow('broken')
      const thrown = queue.run({ customer: 'ada' }, () => {
        throw new Error('thrown')
      })
      await expect(thrown).rejects.toThrow('thrown')
    }
    expect(await queue.run({ customer: 'ada' }, async () => 'works')).toBe('works')
  })

  test('ends the turn when a stream ends or fails, or when its reader disconnects', async () => {
    const queue = createFairQueue(settings)
    const open = (stream: () => AsyncIterable<number>) =>
      queue.stream({ customer: 'ada', maxMs: 60_000 }, stream)
    expect(await all(open(() => of(1, 2)))).toEqual([1, 2])
    async function* failing() {
      yield 1
      throw new Error('broken')
    }
    await expect(all(open(failing))).rejects.toThrow('broken')
    for await (const _ of open(() => of(1, 2))) break
    await expect(
      all(
        open(() => {
          throw new Error('not opened')
        }),
      ),
    ).rejects.toThrow('not opened')
    expect(await all(open(() => of(3)))).toEqual([3])
  })

  test('ends the turn of a stream whose reader stalls', async () => {
    const queue = createFairQueue(settings)
    const signals: AbortSignal[] = []
    const stalled = queue.stream({ customer: 'ada', maxMs: 5 }, (signal) => {
      signals.push(signal)
      return of(1, 2)
    })
    expect(await stalled.next()).toEqual({ done: false, value: 1 })
    expect(await queue.run({ customer: 'ada' }, async () => 'next')).toBe('next')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    // The stalled stream's turn has already ended, so the stream's end must not free a second place.
    const [first, second] = [work(), work()]
    const results = [first, second].map((it) => queue.run({ customer: 'ada' }, it.run))
    await stalled.return(undefined)
    await settled()
    expect([first, second].map((it) => it.isRunning())).toEqual([true, false])
    for (const it of [first, second]) it.resolve('done')
    expect(await Promise.all(results)).toEqual(['done', 'done'])
  })
})
