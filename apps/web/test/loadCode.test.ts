// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest'
import { prefetchable, prefetchCode, savesData, whenOnline } from '../src/parts/loadCode.ts'

const go = (state: 'offline' | 'online') => window.dispatchEvent(new Event(state))

afterEach(() => {
  go('online')
  vi.unstubAllGlobals()
})

it('delays an import until the browser is online again', async () => {
  const load = vi.fn(async () => 'code')
  go('offline')
  const code = whenOnline(load)()
  await Promise.resolve()
  expect(load).not.toHaveBeenCalled()
  go('online')
  expect(await code).toBe('code')
})

it('loads code only once, unless loading fails', async () => {
  const load = vi.fn(async () => 'code').mockRejectedValueOnce(new Error('lost'))
  const code = whenOnline(load)
  await expect(code()).rejects.toThrow('lost')
  await Promise.all([code(), code()])
  expect(load).toHaveBeenCalledTimes(2)
})

it('prefetches the parts that a screen adds, even if earlier code fails to load', async () => {
  const part = vi.fn(async () => 'part')
  prefetchable(() => Promise.reject(new Error('lost')))
  prefetchable(async () => prefetchable(part))
  await prefetchCode()
  expect(part).toHaveBeenCalledTimes(1)
})

it.each([
  [undefined, false],
  [{ saveData: false }, false],
  [{ saveData: true }, true],
])('reads from the browser whether to save data: %j', (connection, saves) => {
  vi.stubGlobal('navigator', { connection })
  expect(savesData()).toBe(saves)
})
