import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SharedTimer } from '../../src/config/sharedTimer.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Creates a timer. Functions that are added with `after` record their names in `ran`. */
function start() {
  const timer = new SharedTimer()
  const ran: string[] = []
  const after = (ms: number, name: string, run = () => {}) =>
    timer.after(ms, () => {
      ran.push(name)
      run()
    })
  return { after, ran }
}

test('runs each function once after its delay', async () => {
  const { after, ran } = start()
  after(3_000, 'c')
  after(1_000, 'a')
  after(2_000, 'b')
  for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c']]) {
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ran).toEqual(expected)
  }
})

test('runs a function that is added while another one runs', async () => {
  const { after, ran } = start()
  after(1_000, 'a', () => after(1_000, 'b'))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(ran).toEqual(['a', 'b'])
})

test('does not run a function that is canceled by another function with the same due time', async () => {
  const { after, ran } = start()
  const cancel = [() => {}]
  after(1_000, 'a', () => {
    for (const it of cancel) it()
  })
  cancel.push(after(1_000, 'b'), after(2_000, 'c'))
  after(3_000, 'd')()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(ran).toEqual(['a'])
})

test("supports delays that are longer than the runtime's longest timer", async () => {
  const { after, ran } = start()
  after(2 ** 31 + 1_000, 'a')
  await vi.advanceTimersByTimeAsync(2 ** 31)
  expect(ran).toEqual([])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ran).toEqual(['a'])
})

test('creates only one runtime timer for functions that are canceled before they run', async () => {
  const setTimeout = vi.spyOn(globalThis, 'setTimeout')
  const { after } = start()
  const cancel = Array.from({ length: 100 }, () => after(30_000, 'a'))
  for (const it of cancel) it()
  for (let call = 0; call < 100; call++) after(30_000, 'b')()
  expect(setTimeout).toHaveBeenCalledTimes(1)
  setTimeout.mockRestore()
})

test('keeps the process running only while a function is waiting', () => {
  vi.useRealTimers()
  const setTimeout = vi.spyOn(globalThis, 'setTimeout')
  const { after } = start()
  const cancel = after(60_000, 'a')
  const timer: NodeJS.Timeout | undefined = setTimeout.mock.results[0]?.value
  expect(timer?.hasRef()).toBe(true)
  cancel()
  expect(timer?.hasRef()).toBe(false)
  const cancelAgain = after(60_000, 'a')
  expect(timer?.hasRef()).toBe(true)
  cancelAgain()
  setTimeout.mockRestore()
})
