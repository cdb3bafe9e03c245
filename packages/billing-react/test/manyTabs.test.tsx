import { act, cleanup, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { aClient, aDenial, anAnswer, hooks, render } from './aBilling.tsx'

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const later = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

/**
 * Opens several tabs for the same customer. Like the server, replaces the oldest stream when more than `most`
 * streams are open.
 */
async function openTabs(count: number, most: number) {
  let opened = 0
  const open: { events: Parameters<typeof client.onBalances.subscribe>[1] }[] = []
  const { client, requests } = aClient()
  const onBalances: typeof client.onBalances = {
    subscribe(_input, events) {
      opened++
      const stream = { events }
      open.push(stream)
      events.onData(anAnswer({ version: 2 }))
      const replaced = open.length > most ? open.shift() : undefined
      queueMicrotask(() => replaced?.events.onError(aDenial({ code: 'STREAM_REPLACED' })))
      return { unsubscribe: () => void (open.includes(stream) && open.splice(open.indexOf(stream), 1)) }
    },
  }
  const tabs = []
  for (let n = 0; n < count; n++) {
    tabs.push(render(() => hooks.useBalance('generations'), { client: { ...client, onBalances } }))
    await later(1)
  }
  return { tabs, requests, opened: () => opened, open: () => open.length }
}

it('polls in the oldest tab instead of reopening its stream when a customer has one tab too many', async () => {
  const browser = await openTabs(21, 20)
  await waitFor(() => expect(browser.tabs[0]?.result.current.data?.used).toBe(4))
  const before = browser.requests('balances')
  await later(600_000)
  expect([browser.opened(), browser.open()]).toEqual([21, 20])
  const refetches = browser.requests('balances') - before
  expect(refetches).toBeGreaterThan(0)
  expect(refetches).toBeLessThanOrEqual(20)
})

it('reopens a replaced stream when the user returns to its window', async () => {
  const browser = await openTabs(1, 0)
  await later(600_000)
  expect(browser.opened()).toBe(1)
  await act(async () => void window.dispatchEvent(new Event('focus')))
  expect(browser.opened()).toBe(2)
})
