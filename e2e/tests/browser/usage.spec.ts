// These tests check the list of charges and the usage by kind.
import { readFile } from 'node:fs/promises'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const columns = 'when,for,amount,unit,transaction_id,reference,price_id,status'

test("lists each charge and shows Flowglad's transaction ID when the charge is expanded", async ({
  app,
  records,
  customer,
  context,
}) => {
  await app.open()
  await app.makePictures('a field', 3)
  await app.expectBalance('generations', { left: 7, of: 10 })
  await app.goTo('Usage')
  const charge = app.charges.getByRole('row', { name: /3 pictures/ })
  await expect.poll(() => records.transactions(customer)).toHaveLength(1)
  const [transaction = 'no transaction'] = await records.transactions(customer)
  await expect(charge.getByText(transaction)).toBeHidden()
  const toggle = charge.locator('summary')
  await expect(toggle).toHaveText('Show')
  await toggle.click()
  await expect(charge.getByText(transaction)).toBeVisible()
  await expect(toggle).toHaveText('Hide')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await charge.getByRole('button', { name: 'Copy transaction ID' }).click()
  await expect.poll(() => app.page.evaluate(() => navigator.clipboard.readText())).toBe(transaction)
  await expect(charge.getByRole('cell').first()).toContainText('UTC')

  await customer.makePictures(2)
  await expect(app.charges.getByRole('row', { name: /2 pictures/ })).toBeVisible()
  await expect(app.charts.first()).toContainText('5 pictures')
  const scale = app.charts.first().locator('svg text').filter({ hasText: /^\d+$/ })
  await expect(scale).toHaveText(['0', '3', '6'])
  await expect(app.usage('generations')).toContainText('5 of 10 used')
  await expect(app.page.getByText(texts.timeZones)).toBeVisible()
  await app.charts.first().locator('.recharts-bar-rectangle').last().hover()
  await expect(app.charts.first().getByText(/^\d+ \w+ \(UTC\)$/)).toBeVisible()
  await app.page.getByText('7 days', { exact: true }).click()
  await expect(app.page.getByRole('heading', { name: 'Last 7 days' })).toBeVisible()
  await expect(app.charts.first()).toContainText('5 pictures None in the previous 7 days')
})

test('shows which kinds of pictures, texts and look-ups used the credits', async ({
  app,
  customer,
  model,
}) => {
  await customer.buy('pro_monthly')
  await customer.makePictures(12)
  await app.open()
  await app.hd.click()
  await app.makePictures('a mill', 2)
  await app.expectBalance('generations', { left: 486, of: 500 })
  await app.startText('a lighthouse keeper')
  await expect.poll(() => model.textsInProgress()).toBe(1)
  model.streamWords('The lamp is lit every evening')
  model.endTexts()
  await expect(app.tokenCount).toHaveText('6 tokens used')
  await app.openLookUp()
  for (const term of ['fresco', 'harbor']) {
    await app.term.fill(term)
    await app.lookUp.click()
    await expect(app.answer).toContainText(term)
  }
  // A browser can't label its usage.
  await customer.recordApiCalls(6)

  await app.goTo('Usage')
  const pictures = app.kinds('Pictures by quality')
  await expect(pictures).toHaveText(['Standard 12 pictures 86%', 'HD 2 pictures 14%'])
  await expect(app.kinds('Tokens by maximum length')).toHaveText(['Texts up to 300 6 tokens 100%'])
  await expect(app.kinds('Look-ups by word')).toHaveText([
    'In the glossary 1 look-up 13%',
    'Not in the glossary 1 look-up 13%',
    'Other 6 look-ups 75%',
  ])
  await customer.call('studio.generate', { prompt: 'a mill', count: 4, hd: true })
  await expect(pictures).toHaveText(['Standard 12 pictures 67%', 'HD 6 pictures 33%'])
  await app.page.getByText('7 days', { exact: true }).click()
  await expect(app.page.getByRole('heading', { name: 'Last 7 days' })).toBeVisible()
  await expect(pictures).toHaveText(['Standard 12 pictures 67%', 'HD 6 pictures 33%'])
})

test('shows no list of kinds for usage without a kind', async ({ app, customer }) => {
  await customer.recordApiCalls(6)
  await app.open('Usage')
  await expect(app.charts.last()).toContainText('6 look-ups')
  await expect(app.charts.locator('svg')).toHaveCount(1)
  await expect(app.charts.getByRole('list')).toHaveCount(0)
})

test("exports every charge as CSV with Flowglad's transaction ID", async ({ app, records, customer }) => {
  test.slow()
  for (let n = 1; n <= 30; n++) await customer.recordApiCalls(1)
  await customer.makePictures(5)
  await expect.poll(async () => (await records.transactions(customer)).length).toBe(32)
  await app.open('Usage')
  const rowsShown = app.charges.getByRole('row')
  await expect(rowsShown).toHaveCount(26)
  const downloading = app.page.waitForEvent('download')
  const csv = app.page.getByRole('button', { name: /CSV/ })
  // The button keeps the keyboard focus during the export.
  await csv.press('Enter')
  const download = await downloading
  await expect(csv).toBeFocused()
  expect(download.suggestedFilename()).toMatch(/^studio-charges-\d{4}-\d\d-\d\d\.csv$/)
  const [header, ...lines] = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n')
  expect(header).toBe(columns)
  const rows = lines.map((line) => line.split(','))
  expect(rows).toHaveLength(32)
  expect(rows.map((row) => row[4]).toSorted()).toEqual((await records.transactions(customer)).toSorted())
  const pictures = rows.filter((row) => row[1] === 'Pictures' && row[3] === 'pictures')
  expect(pictures.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(5)
  expect(new Set(rows.map((row) => row[7]))).toEqual(new Set(['billed']))
  for (const [when] of rows) expect(new Date(when ?? '').toISOString()).toBe(when)

  await app.page.getByRole('button', { name: /older charges/i }).click()
  await expect(rowsShown).toHaveCount(33)
})

test('lists no charge for failed work', async ({ app, customer }) => {
  await customer.call('studio.generate', { prompt: 'a forbidden thing', count: 1 })
  await app.open('Usage')
  await expect(app.page.getByText(texts.noCharges)).toBeVisible()
  await expect(app.page.getByRole('button', { name: /CSV/ })).toHaveCount(0)
  // Without usage, there is no chart.
  await expect(app.charts.first()).toContainText('0 pictures')
  await expect(app.charts.locator('svg')).toHaveCount(0)
})

test('shows the figures of a large balance side by side on a phone', async ({ app, customer }) => {
  await customer.buy('scale_monthly')
  await app.page.setViewportSize({ width: 360, height: 740 })
  await app.open('Usage')
  const tokens = app.usage('tokens')
  await expect(tokens.getByText('2,000,000', { exact: true })).toBeVisible()
  const tops = await tokens
    .getByRole('term')
    .evaluateAll((terms) => terms.map((it) => it.getBoundingClientRect().top))
  expect(tops).toHaveLength(3)
  expect(new Set(tops).size).toBe(1)
})
