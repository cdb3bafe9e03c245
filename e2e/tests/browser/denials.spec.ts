// In these tests, calls are denied for reasons other than missing credits.
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test('denies a forbidden prompt and charges nothing', async ({ app, records, customer }) => {
  await app.open()
  await app.makePictures('a forbidden thing', 4)
  await expect(app.alert).toContainText(texts.forbiddenPrompt)
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.prompt).toHaveValue('a forbidden thing')
  await app.prompt.fill('a'.repeat(950))
  await expect(app.prompt).toHaveAccessibleDescription(/950 of 1,000/)
  await app.expectBalance('generations', { left: 10, of: 10 })
  expect(await records.used(customer)).toEqual({})
})

test('denies HD on the Free plan and shows a button that makes the pictures without HD', async ({
  app,
  records,
  customer,
}) => {
  await app.open()
  await app.hd.click()
  const response = app.page.waitForResponse(/studio\.generate/)
  await app.makePictures('a mill', 2)
  expect((await response).status()).toBe(403)
  await expect(app.alert).toContainText(texts.hdNotIncluded)
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expect(app.alert.locator('a[href="/pricing"]')).toBeVisible()
  await expect(app.paywall).toHaveCount(0)
  await app.expectBalance('generations', { left: 10, of: 10 })
  await app.hd.click()
  await expect(app.alert).toHaveCount(0)
  await app.hd.click()
  await app.generate.click()
  await app.alert.getByRole('button').click()
  await app.expectBalance('generations', { left: 8, of: 10 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 2 })
})

test('does not scroll the page if a denial appears in view', async ({ app, customer }) => {
  await customer.makePictures(10)
  await app.open()
  await expect(app.pictures).toHaveCount(10)
  await app.makePictures('one too many')
  await expect(app.alert).toBeInViewport({ ratio: 1 })
  expect(await app.page.evaluate(() => window.scrollY)).toBe(0)
})

test.describe('with the default rate limit', () => {
  test.use({ stackOptions: { env: { RATE_LIMIT: 'on' } } })

  test('shows how many seconds to wait and charges only the call that succeeds', async ({
    app,
    records,
    customer,
  }) => {
    await app.open()
    await app.prompt.fill('a stampede')
    // Invalid calls count toward the rate limit but cost nothing.
    const invalidInputs = Array.from({ length: 50 }, () => ({}))
    // Try again if the rate limit's window ends before the click, which can happen on a slow machine.
    await expect(async () => {
      for (let i = 0; i < 3; i++) await customer.batch('studio.generate', invalidInputs)
      await app.generate.click()
      await expect(app.alert).toContainText(texts.rateLimited, { timeout: 2_000 })
    }).toPass()
    await expect(app.alert).toContainText(texts.nothingCharged)
    await expect(app.prompt).toHaveValue('a stampede')
    const before = (await records.used(customer)).generations ?? 0
    await app.alert.getByRole('button', { name: texts.retry }).click()
    await expect(app.alert).toHaveCount(0)
    await expect.poll(async () => (await records.used(customer)).generations).toBe(before + 1)
  })
})
