import { expect as expectInBrowser } from '@playwright/test'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from './browser.ts'
import { startStudio } from './studio.ts'

// On a busy machine, a page can need longer than Playwright's default of 5 seconds.
const expectPage = expectInBrowser.configure({ timeout: 60_000 })

let browser: Awaited<ReturnType<typeof launchBrowser>>
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

it("copies an object's complete ID", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await using page = await browser.newPage({ permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(`${studio.url}/objects/${id}`)
  await page.getByRole('button', { name: 'Copy the ID' }).click()
  await expectPage(page.getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(id)
  await page.getByRole('region', { name: 'JSON' }).getByRole('button', { name: 'Copy' }).click()
  const json = await page.evaluate(() => navigator.clipboard.readText())
  expect(JSON.parse(json)).toMatchObject({ id, status: 'active' })
})

it('switches a fault on and off and shows the failed call live', async () => {
  await using studio = await startStudio()
  await using page = await browser.newPage()
  await page.goto(studio.url)
  await expectPage(page.getByText('Live', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Lost responses' }).click()
  await expectPage(page.getByRole('button', { name: 'Lost responses' })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await expectPage(page.getByText('Fault on')).toBeVisible()
  await expect(studio.customer('ada')).rejects.toThrow()
  const call = page
    .getByRole('region', { name: 'API requests' })
    .getByRole('row', { name: 'POST /customers' })
  await expectPage(call).toContainText('No response')
  await call.getByRole('link').click()
  await expectPage(page.getByRole('region', { name: 'Response body' })).toContainText('"externalId": "ada"')
  await page.getByRole('link', { name: 'Dashboard' }).click()
  await page.getByRole('button', { name: 'Normal' }).click()
  await expectPage(page.getByText('Fault on')).toHaveCount(0)
  expect((await studio.plan('ada')).status).toBe('active')
})

it('shows the effect of each control on the dashboard', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await using page = await browser.newPage()
  await page.goto(`${studio.url}/?customer=ada`)
  await expectPage(page.getByText('Live', { exact: true })).toBeVisible()
  // A live update keeps the form's input.
  await page.getByLabel('Credits').fill('15')
  await studio.use('ada', 'render', 20)
  const details = page.getByRole('region', { name: 'Details' })
  await expectPage(details).toContainText('20 of 85 used')
  await page.getByRole('button', { name: 'Grant credits' }).click()
  await expectPage(details).toContainText('20 of 100 used')
  await page.getByRole('button', { name: 'Fail the next payment' }).click()
  await expectPage(page.getByText('The next payment will be declined.')).toBeVisible()
  await page.getByRole('link', { name: 'Delete all customers…' }).click()
  await page.getByRole('button', { name: 'Delete all customers', exact: true }).click()
  await expectPage(page.getByText('No customers yet.')).toBeVisible()
  await page.getByRole('button', { name: 'Add demo customers' }).click()
  await expectPage(page.getByRole('region', { name: 'Customers' })).toContainText('Ada Lovelace')
})

it('shows complete event names', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  for (const width of [360, 768, 1280]) {
    await using page = await browser.newPage({ viewport: { width, height: 800 } })
    await page.goto(studio.url)
    const names = page.getByRole('region', { name: 'Webhook events' }).locator('.type')
    await expectPage(names).toHaveCount(5)
    for (const name of await names.all())
      expect(await name.evaluate((cell) => [cell.textContent, cell.scrollWidth - cell.clientWidth])).toEqual([
        expect.stringMatching(/^\w+\.\w+$/),
        0,
      ])
  }
})

it('keeps bars and switches visible in forced-colors mode', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.use('ada', 'render', 60)
  await using page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto(`${studio.url}/?customer=ada`)
  const bar = page.getByRole('progressbar').first()
  const used = await bar.screenshot()
  await bar.evaluate((one) => one.setAttribute('value', '0'))
  expect(used.equals(await bar.screenshot())).toBe(false)
  const background = (pressed: boolean) =>
    page
      .locator(`[aria-pressed=${pressed}]`)
      .first()
      .evaluate((one) => getComputedStyle(one).backgroundColor)
  expect(await background(true)).not.toBe(await background(false))
})
