import type { Locator, Page } from '@playwright/test'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

// Most customers have animations turned on.
test.use({ contextOptions: { reducedMotion: 'no-preference' } })

/** Starts recording the page's layout shifts. Returns a function that returns the recorded shifts. */
async function recordShifts(page: Page) {
  const shifts = await page.evaluateHandle(() => {
    const shifts: { value: number; of: string[] }[] = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!('value' in entry) || !('sources' in entry)) continue
        const of = (entry.sources as { node?: Element }[]).map(
          ({ node }) => node?.outerHTML?.slice(0, 200) ?? node?.textContent ?? 'a removed element',
        )
        shifts.push({ value: Number(entry.value), of })
      }
    }).observe({ type: 'layout-shift' })
    return shifts
  })
  return () => shifts.jsonValue()
}

for (const width of [360, 768, 1440]) {
  test(`does not shift the layout when balances change at a width of ${width} px`, async ({
    app,
    customer,
  }) => {
    const { page } = app
    await page.setViewportSize({ width, height: 900 })
    await app.open()
    await expect(page.getByText(texts.emptyGallery)).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    // Hide the gallery, because new pictures move the older ones.
    await page.addStyleTag({ content: '[aria-labelledby=gallery] { visibility: hidden }' })
    const shifts = await recordShifts(page)
    // Spend the units on another device, because browsers ignore layout shifts right after a click.
    for (const amount of [4, 4, 1]) await customer.makePictures(amount)
    await expect(app.usageNotice).toContainText('90%')
    await customer.recordApiCalls(95)
    await app.expectBalance('api_calls', { left: 5, of: 100 })
    await customer.makePictures(1)
    await expect(app.paywall).toBeVisible()
    await app.expectBalance('generations', { left: 0, of: 10 })
    expect(await shifts()).toEqual([])
  })
}

for (const width of [360, 768, 1440])
  test(`does not shift Billing at a width of ${width} px when its data and the usage of the spend limits arrive`, async ({
    app,
    customer,
  }) => {
    const { page } = app
    for (const meter of ['generations', 'api_calls'])
      await customer.call('billing.setBudget', { meter, limit: 4, window: 'month' })
    await page.setViewportSize({ width, height: 1300 })
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route(/\/(trpc|api\/flowglad)\//, async (route) => {
      await released
      await route.continue()
    })
    await page.goto('/billing')
    await expect(app.spendLimits).toBeVisible()
    await page.evaluate(() => document.fonts.ready)
    const shifts = await recordShifts(page)
    release()
    await expect(app.limit('generations').row).toContainText('0 of 4 used')
    await expect(app.paymentMethod).toBeVisible()
    await customer.makePictures(4)
    await expect(app.limit('generations').row).toContainText(texts.stopped)
    expect(await shifts()).toEqual([])
  })

for (const { width, most } of [
  { width: 360, most: 312 },
  { width: 860, most: 264 },
])
  test(`reserves space below the credits panel, not inside it, at a width of ${width} px`, async ({
    app,
    customer,
  }) => {
    await app.page.setViewportSize({ width, height: 740 })
    await app.open()
    const promise = app.panel.getByText('Only successful pictures count.')
    const gallery = app.page.getByRole('region', { name: 'Your gallery' })
    await expect(promise).toBeVisible()
    const top = async (element: Locator) => (await element.boundingBox())?.y ?? 0
    const bottom = async (element: Locator) =>
      (await top(element)) + ((await element.boundingBox())?.height ?? 0)
    const height = async () => (await top(gallery)) - (await top(app.panel))
    expect((await bottom(app.panel)) - (await bottom(promise))).toBeLessThan(24)
    expect((await top(promise)) - (await bottom(app.panel.getByText('10 left')))).toBeLessThan(24)
    const limited = await height()
    expect(limited).toBeLessThanOrEqual(most)
    await customer.buy('scale_monthly')
    await app.expectUnlimited('generations', { used: 0 })
    // An unlimited balance never shows a notice or a paywall, so the panel needs no space for them.
    await expect.poll(height).toBeLessThan(limited - 50)
  })
