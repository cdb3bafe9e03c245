// What was spent, line by line.
import { readFile } from 'node:fs/promises'
import { call, expect, spendApiCalls, spendGenerations, test } from '../fixtures.ts'
import { studio } from './studio.ts'

test('every charge has its line, with the transaction Flowglad knows, and turns from waiting to delivered', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await at.make('a field', 3)
  await expect(at.balance('generations')).toHaveText('Generations7 of 10 left')
  await at.go('Usage')
  const row = page.getByRole('row', { name: /studio\.generate/ })
  await expect(row).toContainText('3 generations')
  await expect(row).toContainText('Delivered')
  await expect(page.getByRole('region', { name: 'Charges' }).getByRole('definition')).toHaveText([
    'Flowglad has booked it.',
  ])
  const [transaction] = await stack.books.transactions(customer.id)
  await expect(row).toContainText(transaction ?? 'no transaction')
  // Another device spends: the line appears by itself.
  await spendGenerations(page.request, stack.url, 2)
  await expect(row).toHaveCount(2)
  await expect(page.getByRole('figure').first()).toContainText('5 generations')
  await expect(page.getByRole('figure').first().locator('svg text')).toHaveText(['0', '3', '6'])
  await expect(page.getByTestId('usage-generations')).toContainText('5 / 10 used')
})

test('the CSV holds every charge, also those not on the screen, as the ledger and Flowglad have them', async ({
  page,
  stack,
  customer,
}) => {
  test.slow()
  for (let n = 1; n <= 30; n++) await spendApiCalls(page.request, stack.url, 1)
  await spendGenerations(page.request, stack.url, 5)
  await expect.poll(async () => (await stack.books.transactions(customer.id)).length).toBe(32)
  await page.goto('/usage')
  const rowsShown = page.getByRole('table', { name: 'Charges' }).getByRole('row')
  await expect(rowsShown).toHaveCount(26)
  const downloading = page.waitForEvent('download')
  // By keyboard, which keeps its place while the file is made.
  const csv = page.getByRole('button', { name: 'Download CSV' })
  await csv.press('Enter')
  const download = await downloading
  await expect(csv).toBeFocused()
  expect(download.suggestedFilename()).toMatch(/^studio-charges-\d{4}-\d\d-\d\d\.csv$/)
  const [header, ...lines] = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n')
  expect(header).toBe('when,procedure,meter,amount,transaction_id,reference,price_id,state')
  const rows = lines.map((line) => line.split(','))
  expect(rows).toHaveLength(32)
  expect(rows.map((row) => row[4]).toSorted()).toEqual(
    (await stack.books.transactions(customer.id)).toSorted(),
  )
  const generations = rows.filter((row) => row[2] === 'generations')
  expect(generations.reduce((sum, row) => sum + Number(row[3]), 0)).toBe(5)
  expect(new Set(rows.map((row) => row[7]))).toEqual(new Set(['delivered']))
  for (const [when] of rows) expect(new Date(when ?? '').toISOString()).toBe(when)

  await page.getByRole('button', { name: 'Show older charges' }).click()
  await expect(rowsShown).toHaveCount(33)
})

test('work that failed leaves no line', async ({ page, stack, customer: _ }) => {
  await call(page.request, stack.url, 'studio.generate', { prompt: 'a forbidden thing', count: 1 })
  await page.goto('/usage')
  await expect(page.getByText('No charges yet.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Download CSV' })).toHaveCount(0)
  // No scale is invented where there is nothing to measure.
  const charts = page.getByRole('figure')
  await expect(charts.last().locator('svg text').first()).toBeVisible()
  await expect(charts.first().locator('svg text')).toHaveCount(0)
})
