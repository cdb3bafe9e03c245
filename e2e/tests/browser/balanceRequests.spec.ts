// These tests count a page's requests for balances.
import type { Page } from '@playwright/test'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const screens = ['Usage', 'Plans', 'Billing', 'Studio'] as const

/** Starts counting the page's requests for balances. Returns a function that returns the count. */
function countBalanceRequests(page: Page) {
  let count = 0
  page.on('request', (request) => {
    if (/\/trpc\/[^?]*billing\.balances\b/.test(request.url())) count++
  })
  return () => count
}

/**
 * Returns a function that moves the page's clock forward by one minute. After a minute, a screen refetches
 * the balances unless the event stream is open.
 */
function minuteHand(page: Page) {
  let now = Date.now()
  return async () => {
    now += 60_000
    await page.clock.setFixedTime(now)
  }
}

test('requests balances at most once while the event stream is open', async ({ app, customer }) => {
  const requests = countBalanceRequests(app.page)
  await app.open()
  // This balance arrives through the event stream.
  await customer.makePictures(1)
  await app.expectBalance('generations', { left: 9, of: 10 })
  expect(requests()).toBeLessThanOrEqual(1)
  const before = requests()
  const passMinute = minuteHand(app.page)
  for (const screen of screens) {
    await passMinute()
    await app.goTo(screen)
  }
  await app.makePictures('a boat', 2)
  await app.expectBalance('generations', { left: 7, of: 10 })
  await passMinute()
  await app.goTo('Usage')
  // When the charges are visible, the screen has sent all its requests.
  await expect(app.charges.getByRole('row')).toHaveCount(3)
  expect(requests()).toBe(before)
})

test('requests balances at most once per navigation if the event stream is down', async ({ app }) => {
  await app.page.route(/billing\.onBalances/, (route) => route.abort('connectionrefused'))
  const requests = countBalanceRequests(app.page)
  await app.open()
  expect(requests()).toBe(1)
  const passMinute = minuteHand(app.page)
  let most = 1
  for (const screen of screens) {
    await passMinute()
    await app.goTo(screen)
    most++
    // There can be fewer requests, because a navigation sends no request while a response is pending.
    expect(requests()).toBeLessThanOrEqual(most)
  }
  expect(requests()).toBeGreaterThan(1)
  await app.goTo('Usage')
  await expect(app.page.getByText(texts.noCharges)).toBeVisible()
  expect(requests()).toBeLessThanOrEqual(most)
})
