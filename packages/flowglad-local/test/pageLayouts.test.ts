import { expect as expectInBrowser, type Page } from '@playwright/test'
import axe from 'axe-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from './browser.ts'
import { cards, startStudio } from './studio.ts'

// On a busy machine, a page can need longer than Playwright's default of 5 seconds.
const expectPage = expectInBrowser.configure({ timeout: 60_000 })

let browser: Awaited<ReturnType<typeof launchBrowser>>
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

declare global {
  interface Window {
    axe: typeof axe
  }
}

/** Starts a server with data and returns the URL of every page in each of its states. */
async function openTour() {
  const studio = await startStudio({ clock: () => Date.UTC(2027, 0, 31) })
  const pages: string[] = [studio.url, `${studio.url}/checkout/none`, `${studio.url}/?find=missing`]
  const portal = /\/billing-portal\/org_[\w-]+/.exec(await (await fetch(studio.url)).text())?.[0]
  pages.push(`${studio.url}${portal}`)
  for (const name of ['ada', 'grace', 'alan']) await studio.customer(name)
  const email = `${'long-'.repeat(11)}name@studio.example`
  await studio.node.customers.create({ customer: { externalId: email, name: 'x'.repeat(70), email } })
  await studio.subscribe('ada', 'team_price', { quantity: 2 })
  await studio.subscribe('grace', 'trial_price', { card: cards.failsLater })
  await studio.use('alan', 'render', 200)
  await studio.node.post('/api/v1/discounts', {
    body: {
      discount: { name: 'N', code: 'LESS', amount: 5, amountType: 'percent', duration: 'once', active: true },
    },
  })
  const { checkoutSession } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: 'ada',
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  const { url } = await studio.checkout('alan', 'agency_price')
  pages.push(url, `${studio.url}/add-payment-method/${checkoutSession.id}`)
  for (const name of ['ada', 'grace', 'alan']) pages.push(`${studio.url}${portal}/${name}`)
  for (const name of ['ada', 'alan']) pages.push(`${studio.url}/?customer=${name}`)
  const dashboard = await (await fetch(studio.url)).text()
  const event = /\/webhooks\/\w+/.exec(dashboard)?.[0]
  const request = /\/requests\/\w+/.exec(dashboard)?.[0]
  pages.push(`${studio.url}${event}`, `${studio.url}/webhooks/none`)
  const { id } = await studio.plan('ada')
  pages.push(
    `${studio.url}/objects/${id}`,
    `${studio.url}${request}`,
    `${studio.url}/requests`,
    `${studio.url}/reset`,
  )
  return { studio, url, pages }
}

/** Returns the page's elements that can be scrolled sideways. */
const scrollsSideways = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter(
        (box) =>
          box.scrollWidth > box.clientWidth &&
          (box === document.documentElement || /auto|scroll/.test(getComputedStyle(box).overflowX)),
      )
      .map((box) => `${box.outerHTML.slice(0, 120)}: ${box.scrollWidth} > ${box.clientWidth}`),
  )

const schemes: ['light' | 'dark', axe.RunOptions][] = [
  ['light', {}],
  ['dark', { runOnly: ['color-contrast'] }],
]

it('fits every page on a small phone and has no axe violations in light or dark mode', async () => {
  const { studio, url, pages } = await openTour()
  await using _ends = studio
  await using page = await browser.newPage({ viewport: { width: 360, height: 740 }, bypassCSP: true })
  await page.addInitScript(axe.source)
  const look = async (what: string) => {
    for (const [colorScheme, options] of schemes) {
      await page.emulateMedia({ colorScheme })
      const violations = await page.evaluate(async (rules) => (await window.axe.run(rules)).violations, {
        resultTypes: ['violations'],
        ...options,
      } as axe.RunOptions)
      const found = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
      expect([what, colorScheme, found]).toEqual([what, colorScheme, []])
    }
    expect([what, await scrollsSideways(page)]).toEqual([what, []])
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
    expect([what, 'with large text', await scrollsSideways(page)]).toEqual([what, 'with large text', []])
    await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
  }
  for (const address of pages) {
    await page.goto(address)
    // A live page changes when its script connects.
    const state = page.locator('[data-live-state]')
    if ((await state.count()) > 0) await expectPage(state).toHaveText('Live')
    await look(address)
  }
  await page.goto(url)
  await page.getByLabel('Discount code').fill('MORE')
  // After each click, wait for the next page, because axe fails if the page changes while axe runs.
  await page.getByRole('button', { name: 'Apply' }).click()
  await expectPage(page.getByRole('alert')).toContainText('MORE')
  await look('an unknown discount code')
  await page.getByRole('button', { name: /declines the payment/ }).click()
  await expectPage(page.getByRole('alert')).toContainText('declined')
  await look('a declined card')
  await page.getByRole('button', { name: /asks you to confirm/ }).click()
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('Your bank asks you to confirm')
  await look('a card that needs confirmation')
})

/**
 * Returns the page's table cells that don't show their whole text. A cell with an ellipsis shows the whole
 * text in a tooltip.
 */
const clippedCells = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('th, td')]
      .filter(
        (cell) =>
          cell.scrollWidth > cell.clientWidth &&
          !(getComputedStyle(cell).textOverflow === 'ellipsis' && cell.hasAttribute('title')),
      )
      .map((cell) => `${cell.textContent}: ${cell.scrollWidth} > ${cell.clientWidth}`),
  )

it.each([
  [768, '100%'],
  [768, '200%'],
  [1280, '100%'],
  [1280, '200%'],
])('shows every table cell at a width of %i pixels and a text size of %s', async (width, fontSize) => {
  const { studio, pages } = await openTour()
  await using _ends = studio
  studio.advance(365 * 24 * 3_600_000)
  await using page = await browser.newPage({ viewport: { width, height: 800 }, bypassCSP: true })
  for (const address of pages) {
    await page.goto(address)
    await page.evaluate((size) => document.documentElement.style.setProperty('font-size', size), fontSize)
    expect([address, await clippedCells(page), await scrollsSideways(page)]).toEqual([address, [], []])
  }
})

it('puts the payment beside the order on a wide screen, and below the order if the text is large', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url } = await studio.checkout('ada', 'team_price')
  await using page = await browser.newPage({ viewport: { width: 768, height: 800 }, bypassCSP: true })
  await page.goto(url)
  const tops = () =>
    page
      .locator('main > section')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().top))
  const [order, payment] = await tops()
  expect(payment).toBe(order)
  await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'))
  const [above, below] = await tops()
  expect(below).toBeGreaterThan(above ?? 0)
})

it("keeps an invoice's number and date on one line each", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 20_000)
  await studio.renew('ada')
  await using page = await browser.newPage({ viewport: { width: 640, height: 800 } })
  await page.goto(`${(await studio.billing('ada')).billingPortalUrl}/ada`)
  const cells = page.getByRole('group', { name: 'Invoices' }).locator('td:nth-child(-n + 2)')
  const lines = await cells.evaluateAll((parts) =>
    parts.map((part) => {
      const text = document.createRange()
      text.selectNodeContents(part)
      return text.getClientRects().length
    }),
  )
  expect(lines).toEqual([1, 1, 1, 1])
})

it('shows usage beyond the grants in red, in the text and in the bar', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.use('ada', 'render', 200)
  await using page = await browser.newPage()
  await page.goto(`${(await studio.billing('ada')).billingPortalUrl}/ada`)
  const colorOf = (selector: string) =>
    page.locator(selector).evaluate((element) => getComputedStyle(element).color)
  expect(await colorOf('progress')).toBe(await colorOf('.bars .spread > span'))
})

it('shows the used units of each meter on one line at a width of 1280 pixels', async () => {
  await using studio = await startStudio()
  await studio.customer('alan')
  await studio.use('alan', 'render', 1_234_567)
  await using page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(studio.url)
  const meters = page.getByRole('region', { name: 'Customers' }).locator('.spread', { hasText: ' of ' })
  const lines = await meters.evaluateAll((rows) =>
    rows.map((row) => [
      row.textContent,
      new Set([...row.children].map((part) => part.getBoundingClientRect().top)).size,
    ]),
  )
  expect(lines).toEqual([['Render minutes1,234,567 of 85', 1]])
})
