// These tests check that the app fits on phones, in short windows and with large text.
import type { Locator, Page } from '@playwright/test'
import type { Screen } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const screens: Screen[] = ['Studio', 'Usage', 'Plans', 'Billing']

/** Returns the elements that extend beyond the page's right edge and those whose text is cut off. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const { clientWidth } = document.documentElement
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      !element.closest('.mantine-VisuallyHidden-root')
    const isCut = (element: Element) => {
      const { right, width } = element.getBoundingClientRect()
      const isTooFar = width > 0 && right > clientWidth + 1
      const isTooNarrow =
        element.matches('button, a, th, td, label, .mantine-Button-label') &&
        element.scrollWidth > element.clientWidth + 1
      return isShown(element) && (isTooFar || (isTooNarrow && element.clientWidth > 0))
    }
    return [...document.querySelectorAll('body *:not(svg *)')]
      .filter(isCut)
      .map((element) => element.outerHTML.slice(0, 160))
  })

/**
 * Returns whether the whole element is visible in the window and isn't covered by the header or the
 * navigation.
 */
const isUncovered = (element: Locator) =>
  element.evaluate((it) => {
    const { top, bottom, left } = it.getBoundingClientRect()
    const isOnTop = (y: number) => it.contains(document.elementFromPoint(left + 12, y))
    return top >= 0 && bottom <= window.innerHeight && isOnTop(top + 4) && isOnTop(bottom - 4)
  })

/** Waits until the page has not scrolled for ten frames. */
const scrollEnds = (page: Page) =>
  page.evaluate(async () => {
    for (let still = 0, before = window.scrollY; still < 10; before = window.scrollY) {
      await new Promise(requestAnimationFrame)
      still = window.scrollY === before ? still + 1 : 0
    }
  })

/** Returns the height, in pixels, of the area around the element's center where a tap hits the element. At most 80. */
const reach = (element: Locator) =>
  element.evaluate((it) => {
    it.scrollIntoView({ block: 'center' })
    const { top, bottom, left, right } = it.getBoundingClientRect()
    const isHit = (y: number) => it.contains(document.elementFromPoint((left + right) / 2, y))
    const center = (top + bottom) / 2
    let distance = 0
    while (distance < 40 && isHit(center - distance) && isHit(center + distance)) distance += 0.5
    return 2 * distance
  })

for (const width of [360, 768, 769])
  test(`shows long numbers in full at ${width} px`, async ({ app, customer }) => {
    await customer.buy('scale_monthly')
    await customer.makePictures(2)
    await customer.recordApiCalls(1_234_567)
    await customer.call('billing.setBudget', { meter: 'api_calls', limit: 999_999_999, window: 'month' })
    await app.page.setViewportSize({ width, height: 740 })
    for (const screen of screens) {
      await app.open(screen)
      if (screen === 'Usage') {
        await expect(app.charts.locator('svg').first()).toBeVisible()
        await app.charges.locator('summary').first().click()
      }
      expect(await cutOff(app.page), screen).toEqual([])
    }
  })

for (const width of [768, 1280])
  test(`lines up the plans' rows at ${width} px and leaves no plan alone in a row`, async ({ app }) => {
    await app.page.setViewportSize({ width, height: 740 })
    await app.open('Plans')
    await expect(app.planCards).toHaveCount(3)
    const tops = await app.planCards.evaluateAll((cards) =>
      cards.map((card) =>
        [card, ...card.querySelectorAll('h2, strong, li')].map((it) =>
          Math.round(it.getBoundingClientRect().top),
        ),
      ),
    )
    expect(tops[1]).toEqual(tops[0])
    expect(tops[2]).toEqual(tops[0])
    await expect(app.planCards.filter({ hasText: texts.recommended })).toHaveCount(1)
    await expect(app.plan('pro_monthly').choose).toHaveText('Upgrade to Pro · $20/month')
  })

for (const { width, columns } of [
  { width: 360, columns: 1 },
  { width: 768, columns: 3 },
  { width: 1280, columns: 3 },
])
  test(`shows the Usage cards in ${columns === 1 ? 'one column' : `${columns} columns`} at ${width} px`, async ({
    app,
  }) => {
    await app.page.setViewportSize({ width, height: 740 })
    await app.open('Usage')
    const cards = app.page.getByRole('region', { name: 'This period' }).getByRole('article')
    await expect(cards).toHaveCount(3)
    const lefts = await cards.evaluateAll((all) => all.map((it) => it.getBoundingClientRect().left))
    expect(new Set(lefts).size).toBe(columns)
  })

/** Returns whether the label is vertically centered in the button. */
const isLabelCentered = (button: Element) => {
  const centerOf = (element: Element | null) => {
    const { top, bottom } = element?.getBoundingClientRect() ?? { top: 0, bottom: 0 }
    return (top + bottom) / 2
  }
  return Math.abs(centerOf(button) - centerOf(button.querySelector('.mantine-Button-label'))) <= 1
}

test('shows buttons in full with centered labels on the narrowest phone', async ({ app, customer }) => {
  await customer.makePictures(10)
  await app.page.setViewportSize({ width: 320, height: 568 })
  for (const screen of screens) {
    await app.open(screen)
    if (screen === 'Studio') await expect(app.paywall).toBeVisible()
    expect(await cutOff(app.page), screen).toEqual([])
    expect(await app.upgrade.evaluate(isLabelCentered)).toBe(true)
  }
})

test.describe('touch screens', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })

  test('gives small controls a tap target of at least 44 px', async ({ app, customer }) => {
    await customer.buy('pro_monthly')
    await customer.makePictures(2)
    await customer.call('billing.setBudget', { meter: 'generations', limit: 4, window: 'month' })
    await app.open()
    const { page } = app
    const choice = (text: string) => page.locator('label').filter({ hasText: new RegExp(`^${text}$`) })
    const everywhere = [app.upgrade, page.getByRole('button', { name: 'Account' })]
    const controls: Record<Screen, Locator[]> = {
      Studio: [page.getByRole('tab', { name: 'Write' }), choice('3')],
      Usage: [
        choice('30 days'),
        app.charges.locator('summary'),
        app.charges.getByRole('button', { name: /^copy/i }).first(),
      ],
      Plans: [app.plan('generation_pack').choose],
      Billing: [
        app.payments.getByRole('link', { name: /receipt/i }),
        app.limit('generations').edit,
        app.limit('generations').remove,
      ],
    }
    for (const screen of screens) {
      await app.goTo(screen)
      if (screen === 'Usage') await app.charges.locator('summary').click()
      for (const control of [...everywhere, ...controls[screen]]) {
        await expect(control).toBeVisible()
        expect.soft(await reach(control), `${control} on ${screen}`).toBeGreaterThanOrEqual(44)
      }
    }
  })
})

test('gives small controls a target of at least 24 px for a mouse', async ({ app, customer }) => {
  await customer.buy('pro_monthly')
  await customer.makePictures(2)
  await app.open('Usage')
  const show = app.charges.locator('summary')
  expect(await reach(show)).toBeGreaterThanOrEqual(24)
  await show.click()
  expect(await reach(app.charges.getByRole('button', { name: /^copy/i }).first())).toBeGreaterThanOrEqual(24)
  await app.goTo('Billing')
  const receipt = app.payments.getByRole('link', { name: /receipt/i })
  await expect(receipt).toBeVisible()
  expect(await reach(receipt)).toBeGreaterThanOrEqual(24)
})

for (const size of [
  { width: 740, height: 300 },
  { width: 320, height: 480 },
])
  test(`opens a dialog at its top and keeps its buttons in view at ${size.width} × ${size.height} px`, async ({
    app,
    customer,
  }) => {
    await customer.buy('pro_monthly')
    await customer.buy('generation_pack')
    await customer.recordApiCalls(11_102)
    await app.page.setViewportSize(size)
    await app.open('Plans')
    await app.plan('scale_monthly').choose.click()
    await expect(app.dialog).toContainText('look-ups')
    expect(await app.dialog.evaluate((it) => it.scrollHeight > it.clientHeight)).toBe(true)
    expect(await isUncovered(app.dialog.getByRole('heading'))).toBe(true)
    for (const button of [app.keep, app.confirm]) expect(await isUncovered(button)).toBe(true)
    // The last line of the text isn't hidden behind the buttons.
    await app.dialog.evaluate((it) => it.scrollTo({ top: it.scrollHeight }))
    expect(await isUncovered(app.dialog.locator('p').last())).toBe(true)
    await app.keep.click()

    await app.open('Billing')
    await app.subscription.getByRole('button', { name: 'Cancel plan' }).click()
    await expect(app.dialog).toContainText('Free has 10 pictures')
    expect(await app.dialog.evaluate((it) => it.scrollHeight > it.clientHeight)).toBe(true)
    expect(await isUncovered(app.dialog.getByRole('heading'))).toBe(true)
    await expect(app.keep).toBeFocused()
  })

test('shows a payment in one column on the narrowest phone', async ({ app, customer }) => {
  await customer.buy('pro_monthly')
  await app.page.setViewportSize({ width: 320, height: 568 })
  await app.open('Billing')
  const payment = app.payments.getByRole('listitem')
  await expect(payment).toHaveCount(1)
  const lefts = await payment
    .locator('> *')
    .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().left))
  expect(new Set(lefts).size).toBe(1)
})

test('shows everything in full when the text is twice as large', async ({ app, customer }) => {
  await customer.makePictures(10)
  const browser = await app.page.context().newCDPSession(app.page)
  await browser.send('Page.setFontSizes', { fontSizes: { standard: 32 } })
  for (const width of [1280, 400]) {
    await app.page.setViewportSize({ width, height: 740 })
    for (const screen of screens) {
      await app.open(screen)
      expect.soft(await cutOff(app.page), `${screen} at ${width} px`).toEqual([])
    }
  }
})

for (const { size, share } of [
  { size: { width: 740, height: 360 }, share: 0.25 },
  { size: { width: 320, height: 256 }, share: 0.35 },
])
  test(`limits the header to ${share * 100}% of the height of a ${size.width} × ${size.height} px window`, async ({
    app,
  }) => {
    await app.page.setViewportSize(size)
    await app.open()
    const covered = await app.page.evaluate(() =>
      ['#root header', '#root header nav']
        .map((selector) => document.querySelector(selector)?.getBoundingClientRect())
        .reduce((lowest, box) => Math.max(lowest, box?.bottom ?? 0), 0),
    )
    expect(covered / size.height).toBeLessThanOrEqual(share)
    // The header scrolls with the page.
    await app.generate.scrollIntoViewIfNeeded()
    await app.page.mouse.wheel(0, 400)
    await expect(app.page.getByRole('banner')).not.toBeInViewport()
    await expect(app.page.locator('header nav')).not.toBeInViewport()
  })

for (const size of [
  { width: 1280, height: 740 },
  { width: 360, height: 740 },
  { width: 320, height: 256 },
])
  test(`keeps the offline notice in view below the header at ${size.width} × ${size.height} px`, async ({
    app,
    context,
    customer,
  }) => {
    await customer.makePictures(8)
    await app.page.setViewportSize(size)
    await app.open()
    await expect(app.pictures).toHaveCount(8)
    await context.setOffline(true)
    const notice = app.status(texts.offline)
    await expect(notice).toBeVisible()
    const header = app.page.getByRole('banner')
    const bottomOf = (element: Locator) => element.evaluate((it) => it.getBoundingClientRect().bottom)
    const top = () => notice.evaluate((it) => it.getBoundingClientRect().top)
    expect(await top()).toBeGreaterThanOrEqual(await bottomOf(header))
    await app.pictures.last().scrollIntoViewIfNeeded()
    expect(await isUncovered(notice)).toBe(true)
    expect((await notice.boundingBox())?.height).toBeLessThan(size.height / 5)
    // A focused element is not covered.
    await app.prompt.focus()
    expect(await isUncovered(app.prompt)).toBe(true)
  })

test('shows a denial and the paywall in full on a phone when they appear', async ({
  app,
  customer,
  model,
}) => {
  await customer.makePictures(8)
  await app.page.setViewportSize({ width: 360, height: 740 })
  await app.open()
  await expect(app.pictures).toHaveCount(8)
  // When work starts, the page scrolls to the gallery.
  model.failPictures()
  await app.makePictures('a forbidden thing')
  await expect(app.alert).toContainText(texts.forbiddenPrompt)
  await expect.poll(() => isUncovered(app.alert)).toBe(true)

  model.finishPictures()
  await app.makePictures('the last two', 2)
  await expect(app.paywall).toBeVisible()
  await expect.poll(() => isUncovered(app.paywall)).toBe(true)

  // This denial arrives while the page is still scrolling smoothly to the gallery.
  await app.page.emulateMedia({ reducedMotion: 'no-preference' })
  await app.heading.scrollIntoViewIfNeeded()
  await scrollEnds(app.page)
  await app.generate.click()
  await expect(app.alert).toContainText(texts.noPicturesLeft)
  await scrollEnds(app.page)
  expect(await isUncovered(app.alert)).toBe(true)
})
