// This test follows one customer through the app, which uses the built-in model.
import { randomUUID } from 'node:crypto'
import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test.use({ stackOptions: { model: 'builtIn' } })

test("shows Flowglad's balance at every step from sign-up to a paid plan", async ({
  visitor: app,
  records,
}) => {
  test.setTimeout(180_000)
  const { page, checkout } = app
  await app.signUp({ email: `${randomUUID()}@example.com`, password: 'correct horse battery' })
  await expect(app.planName).toHaveText('Free')
  const { user } = await (await page.request.get('/api/auth/get-session')).json()

  async function expectLeft(left: number, of: number) {
    await app.expectBalance('generations', { left, of })
    await expect.poll(() => records.balances(user)).toMatchObject({ generations: left })
  }
  await expectLeft(10, 10)

  await app.prompt.fill('A lighthouse above a sea of fog')
  await app.chooseCount(4)
  await expect(app.generate).toContainText('4')
  await app.generate.click()
  await expect(app.pictures).toHaveCount(4)
  for (const picture of await app.pictures.all()) {
    await picture.scrollIntoViewIfNeeded()
    // The picture has a natural width only after Chromium has decoded it.
    await expect
      .poll(() => picture.evaluate((it) => it instanceof HTMLImageElement && it.naturalWidth))
      .toBe(512)
  }
  await expectLeft(6, 10)
  await app.generate.click()
  await expectLeft(2, 10)
  await expect(app.usageNotice).toContainText('80%')

  await app.generate.click()
  await expect(app.alert).toContainText(texts.picturesShort(4, 2))
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expectLeft(2, 10)
  await app.alert.getByRole('button', { name: /2/ }).click()
  await expectLeft(0, 10)

  const { renewsAt } = await page.evaluate(async () => {
    const response = await fetch('/trpc/billing.balances')
    return (await response.json()).result.data.plan
  })
  const renewal = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' }).format(renewsAt)
  await expect(app.paywall).toContainText(texts.picturesExhausted)
  await expect(app.paywall).toContainText('10 pictures')
  await expect(app.paywall).toContainText(renewal)
  for (const name of [/Pro/, /50/]) await expect(app.paywall.getByRole('button', { name })).toBeVisible()
  await expect(app.paywall.locator('a[href="/pricing"]')).toBeVisible()
  await app.generate.click()
  await expect(app.alert).toContainText(texts.noPicturesLeft)
  await expect(app.alert).toContainText(texts.nothingCharged)
  await expectLeft(0, 10)
  expect(await records.used(user)).toEqual({ generations: 10 })

  await app.paywall.getByRole('button', { name: /Pro/ }).click()
  await expect(checkout.submit).toContainText('$20.00')
  await checkout.card.fill(cards.declined)
  await checkout.submit.click()
  await expect(checkout.problem).toContainText(texts.cardDeclined)
  await expect(checkout.problem).toContainText(texts.nothingCharged)
  expect(await records.plan(user)).toBe('free')
  expect(await records.balances(user)).toMatchObject({ generations: 0 })

  await checkout.card.fill(cards.paid)
  await checkout.submit.click()
  await expect(app.status(texts.onPlan('Pro'))).toBeVisible()
  await expect(app.planName).toHaveText('Pro')
  await expectLeft(500, 500)
  expect(await records.plan(user)).toBe('pro_monthly')

  await app.makePictures('A quiet library under a glass river', 3)
  await expectLeft(497, 500)
  expect(await records.used(user)).toEqual({ generations: 13 })
  const transactions = await records.transactions(user)
  expect(new Set(transactions).size).toBe(transactions.length)
  await expect(app.pictures).toHaveCount(13)
})
