// These tests check how screens show partly used, unlimited and overage meters.
import type { Locator } from '@playwright/test'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const barColor = (bar: Locator) =>
  bar
    .locator('> span')
    .first()
    .evaluate((it) => getComputedStyle(it).backgroundColor)
const themeColor = (bar: Locator, name: string) =>
  bar.evaluate((it, name) => {
    const probe = it.ownerDocument.createElement('i')
    probe.style.color = `var(${name})`
    it.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }, name)

for (const colorScheme of ['light', 'dark'] as const) {
  test(`uses the warning color above 75% and the critical color above 90% in ${colorScheme} mode`, async ({
    app,
    customer,
  }) => {
    await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await app.open()
    const bar = app.bar('api_calls')
    const steps = [
      { used: 75, color: '--bar' },
      { used: 76, color: '--bar-warning' },
      { used: 90, color: '--bar-warning' },
      { used: 91, color: '--bar-critical' },
    ]
    let before = 0
    const colors = new Set<string>()
    for (const { used, color } of steps) {
      await customer.recordApiCalls(used - before)
      before = used
      await app.expectBalance('api_calls', { left: 100 - used, of: 100 })
      await expect.poll(() => barColor(bar)).toBe(await themeColor(bar, color))
      colors.add(await barColor(bar))
    }
    expect(colors.size).toBe(3)
  })
}

test('shows a notice with the used percentage from 80% and a warning at 91%', async ({ app, customer }) => {
  await customer.recordApiCalls(79)
  await app.open()
  await app.openLookUp()
  await expect(app.panel).toContainText('79 of 100 used')
  await expect(app.usageNotice).toHaveCount(0)
  await customer.recordApiCalls(1)
  await expect(app.usageNotice).toContainText(texts.usedShare(80, 'look-ups'))
  await customer.recordApiCalls(7)
  await expect(app.usageNotice).toContainText(texts.usedShare(87, 'look-ups'))
  await expect(app.usageNotice).not.toContainText(texts.nearLimit)
  await customer.recordApiCalls(4)
  await expect(app.usageNotice).toContainText(texts.usedShare(91, 'look-ups'))
  await expect(app.usageNotice).toContainText(texts.nearLimit)
  await expect(app.usageNotice.getByRole('button', { name: /Pro/ })).toBeVisible()
})

test('shows used units in the header and used and remaining units on the Usage screen', async ({
  app,
  records,
  customer,
}) => {
  await customer.makePictures(4)
  await app.open()
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect(app.bar('generations')).toHaveAttribute('aria-valuetext', '4 of 10 used')
  await app.goTo('Usage')
  const usage = app.usage('generations')
  await expect(usage).toContainText('4 of 10 used')
  await expect(usage).toContainText('In progress0')
  await expect(usage).toContainText('Left6')
  await expect(usage).toContainText(/Renews\d+ \w+ \d{4}/)
  await expect.poll(() => records.balances(customer)).toMatchObject({ generations: 6 })
})

test('shows usage without a bar on an unlimited plan and never denies a call', async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('scale_monthly')
  await app.open()
  await expect(app.planName).toHaveText('Scale')
  await app.expectUnlimited('generations', { used: 0 })
  await expect(app.bar('generations')).toHaveCount(0)
  await expect(app.bar('tokens')).toHaveCount(1)
  await app.makePictures('a field of barley', 4)
  await app.expectUnlimited('generations', { used: 4 })
  await customer.makePictures(12)
  await app.expectUnlimited('generations', { used: 16 })
  await expect(app.panel).toContainText(texts.unlimited)
  await expect(app.paywall).toHaveCount(0)
  await expect.poll(() => records.used(customer)).toEqual({ generations: 16 })
})

test("allows calls beyond an overage plan's grant and shows the overage price", async ({
  app,
  records,
  customer,
}) => {
  await customer.buy('pro_monthly')
  await customer.recordApiCalls(10_000)
  await app.open()
  await app.openLookUp()
  await expect(app.panel).toContainText(texts.overagePrice)
  await app.term.fill('fresco')
  await app.lookUp.click()
  await expect(app.answer).toContainText('fresco', { ignoreCase: true })
  await expect.poll(() => records.used(customer)).toEqual({ api_calls: 10_001 })
  await expect(app.paywall).toHaveCount(0)
})

test("keeps a word's meaning on the screen when the next look-up is denied", async ({ app, customer }) => {
  await customer.recordApiCalls(99)
  await app.open()
  await app.openLookUp()
  await app.term.fill('chiaroscuro')
  await app.lookUp.click()
  await expect(app.answer).toContainText('chiaroscuro')
  await app.lookUp.click()
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.answer).toContainText('chiaroscuro')
})
