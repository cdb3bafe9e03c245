// These tests delay responses or break the connection between the browser and the server.
import type { Page } from '@playwright/test'
import { expect, test } from './browserTest.ts'
import { saveData } from './saveData.ts'
import { texts } from './texts.ts'

/** Delays the responses to matching requests until `release` is called. */
async function holdResponses(page: Page, url: RegExp) {
  const waiting: (() => void)[] = []
  let isReleased = false
  await page.route(url, async (route) => {
    const response = await route.fetch()
    if (!isReleased) await new Promise<void>((resolve) => waiting.push(resolve))
    await route.fulfill({ response })
  })
  return {
    waiting: () => waiting.length,
    release() {
      isReleased = true
      for (const resolve of waiting) resolve()
    },
  }
}

test("says what Studio is before the app's scripts and styles arrive", async ({ app }) => {
  await app.page.route(/\/assets\//, () => {})
  await app.page.goto('/', { waitUntil: 'commit' })
  await expect(app.heading).toHaveText('Studio is loading')
  await expect(app.status('Studio makes pictures and text from a prompt')).toBeVisible()
})

test('never shows an older balance when a slow response arrives last', async ({ app, records, customer }) => {
  await app.open()
  const responses = await holdResponses(app.page, /studio\.generate/)
  await app.makePictures('a slow boat', 1)
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect.poll(() => responses.waiting()).toBe(1)
  await customer.makePictures(6)
  await app.expectBalance('generations', { left: 3, of: 10 })
  const balances = await app.recordBalance('generations')
  responses.release()
  await expect(app.pictures).toHaveCount(7)
  await expect(app.generate).toBeEnabled()
  expect(await balances()).toHaveLength(1)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 7 })
})

test('shows a new picture even if the gallery loads slowly', async ({ app }) => {
  const responses = await holdResponses(app.page, /studio\.gallery/)
  await app.open()
  await expect.poll(() => responses.waiting()).toBe(1)
  await app.makePictures('a slow boat', 1)
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect(app.generate).toBeEnabled()
  responses.release()
  await expect(app.pictures).toHaveCount(1)
})

test('updates the balance after every call even if the event stream is down', async ({ app, customer }) => {
  await app.page.route(/billing\.onBalances/, (route) => route.abort('connectionrefused'))
  await app.open()
  await app.makePictures('a boat', 2)
  await app.expectBalance('generations', { left: 8, of: 10 })

  // The balances requested after the second call arrive later than the third call's balances.
  const responses = await holdResponses(app.page, /billing\.balances/)
  await app.makePictures('a second boat', 2)
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect.poll(() => responses.waiting()).toBeGreaterThan(0)
  await customer.makePictures(1)
  await app.makePictures('a third boat', 1)
  await app.expectBalance('generations', { left: 4, of: 10 })
  const balances = await app.recordBalance('generations')
  const late = app.page.waitForResponse(/billing\.balances/)
  responses.release()
  await late
  await app.goTo('Usage')
  await expect(app.usage('generations')).toContainText('6 of 10 used')
  expect(await balances()).toHaveLength(1)
})

test('charges once when a response is lost and the client retries', async ({ app, records, customer }) => {
  await app.open()
  let lost = 0
  await app.page.route(/studio\.generate/, async (route) => {
    if (lost > 0) return route.continue()
    lost++
    await route.fetch()
    await route.abort('connectionreset')
  })
  await app.makePictures('an echo', 2)
  await app.expectBalance('generations', { left: 8, of: 10 })
  await expect(app.pictures).toHaveCount(2)
  expect(lost).toBe(1)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })
})

test('charges nothing while offline and charges once when the customer retries online', async ({
  app,
  context,
  records,
  customer,
}) => {
  await app.open()
  await context.setOffline(true)
  await expect(app.status(texts.offline)).toBeVisible()
  await app.makePictures('an island', 2)
  await expect(app.alert).toContainText(texts.notSent)
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.page.getByText(texts.offline)).toHaveCount(1)
  await context.setOffline(false)
  await expect(app.status(texts.offline)).toHaveCount(0)
  await app.retry.click()
  await app.expectBalance('generations', { left: 8, of: 10 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })
})

test('opens a screen that was not loaded before as soon as the browser is back online', async ({
  app,
  context,
}) => {
  await saveData(app.page)
  await app.open()
  await context.setOffline(true)
  await app.page.getByRole('banner').getByRole('link', { name: 'Usage' }).click()
  await expect(app.heading).toHaveText(texts.notLoaded)
  await expect(app.page.getByText(texts.offline)).toHaveCount(1)
  await context.setOffline(false)
  await expect(app.heading).toHaveText('Usage')
  await app.goTo('Studio')
  await context.setOffline(true)
  await app.openWrite()
  await expect(app.topic).toHaveCount(0)
  await context.setOffline(false)
  await expect(app.topic).toBeVisible()
})

test('opens screens offline after the browser has been idle for a while', async ({ app, context }) => {
  const prefetched = app.page.waitForResponse(/BillingScreen.*\.js/)
  await app.open()
  await prefetched
  await context.setOffline(true)
  await app.goTo('Billing')
  await expect(app.status(texts.offline)).toBeVisible()
})

test('shows the current plan and balance when a device comes back online', async ({
  app,
  context,
  customer,
}) => {
  await app.open()
  await context.setOffline(true)
  await customer.buy('pro_monthly')
  await customer.makePictures(4)
  await context.setOffline(false)
  await app.expectBalance('generations', { left: 496, of: 500 })
  await expect(app.planName).toHaveText('Pro')
})
