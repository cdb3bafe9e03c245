// These tests start and end sessions and switch users.
import { randomUUID } from 'node:crypto'
import { signIn, signUp } from '../customer.ts'
import { recordTexts } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

const allScreens = ['Usage', 'Billing', 'Plans', 'Studio'] as const

test("neither shows nor stores the previous user's data after sign-out", async ({
  app,
  customer,
  openBrowser,
  stack,
}) => {
  const { page } = app
  await app.open()
  await app.makePictures('a secret garden', 3)
  await expect(app.pictures).toHaveCount(3)
  for (const screen of allScreens) await app.goTo(screen)
  await app.prompt.fill('half a thought of the first user')
  const allTexts = await recordTexts(page, 'body')
  await app.signOut()
  await expect(page).toHaveURL(/sign-in/)
  await expect(app.email).toBeVisible()
  const before = (await allTexts()).length

  const next = await signUp((await openBrowser()).page.request, stack)
  await app.signIn(next)
  await app.expectBalance('generations', { left: 10, of: 10 })
  for (const screen of allScreens) await app.goTo(screen)
  await expect(page.getByText(texts.emptyGallery)).toBeVisible()
  await expect(app.prompt).toHaveValue('')

  const since = (await allTexts()).slice(before).join('\n')
  for (const trace of [customer.email, 'a secret garden', '3 of 10', 'half a thought'])
    expect(since).not.toContain(trace)
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  for (const trace of [customer.email, customer.id, 'secret garden', 'half a thought'])
    expect(stored).not.toContain(trace)
})

test('keeps the session if sign-out fails offline and later signs out all tabs', async ({
  app,
  openTab,
  context,
}) => {
  const other = await openTab()
  await Promise.all([app.open(), other.open('Usage')])
  await expect(other.charts).toHaveCount(3)
  await context.setOffline(true)
  await app.signOut()
  await expect(app.alert).toContainText(texts.stillSignedIn)
  await context.setOffline(false)
  await app.signOutItem.click()
  await expect(app.email).toBeVisible()
  await other.page.bringToFront()
  await expect(other.email).toBeVisible()
})

test('keeps the prompt when a call fails because the session has ended', async ({
  app,
  context,
  records,
  customer,
}) => {
  await app.open()
  await context.clearCookies()
  await app.makePictures('a train of thought', 2)
  const ended = app.alert.filter({ hasText: texts.sessionEnded })
  await expect(ended).toContainText(texts.nothingCharged)
  // Search within the alert, because the gallery can show the same button.
  await ended.getByRole('button').click()
  await app.signIn(customer)
  await expect(app.prompt).toHaveValue('a train of thought')
  await app.generate.click()
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect.poll(() => records.used(customer)).toEqual({ generations: 1 })
})

test("doesn't report an outage when the session has ended", async ({ app, context }) => {
  await app.open('Billing')
  await expect(app.paymentMethod).toBeVisible()
  await context.clearCookies()
  // A screen that was open a moment ago shows its data again without a request.
  await expect(async () => {
    await app.goTo('Studio')
    await app.goTo('Billing')
    await expect(app.paymentMethod).toHaveCount(0, { timeout: 500 })
  }).toPass()
  await expect(app.status(texts.sessionEnded)).toBeVisible()
  await expect(app.signInAgain).toBeVisible()
})

test('returns to the same public screen when the customer signs in again', async ({
  app,
  context,
  customer,
}) => {
  await app.open('Plans')
  const pro = app.plan('pro_monthly')
  await expect(pro.choose).toBeVisible()
  await context.clearCookies()
  await pro.choose.click()
  await expect(pro.alert).toContainText(texts.sessionEnded)
  await app.signInAgain.click()
  await app.signIn(customer)
  await expect(app.plan('free').card).toContainText(texts.yourPlan)
})

test("shows the session's current customer on a page that stays open while the session changes", async ({
  app,
  customer,
  records,
  stack,
}) => {
  const { page } = app
  await app.open()
  await app.makePictures('a kite', 3)
  await app.expectBalance('generations', { left: 7, of: 10 })

  // Another tab signs in as another user.
  const next = await signUp(page.request, stack)
  await expect.poll(async () => (await next.refresh())?.balances).not.toHaveLength(0)
  await app.makePictures('a second kite', 1)
  await app.expectBalance('generations', { left: 9, of: 10 })
  await expect.poll(() => records.used(next)).toEqual({ generations: 1 })

  await signIn(page.request, stack, customer)
  await expect(async () => {
    await page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await expect(app.balance('generations')).toContainText('3 of 10', { timeout: 1_000 })
  }).toPass()
})

test('opens the requested screen after signing in', async ({ visitor, openBrowser, stack, context }) => {
  const customer = await signUp((await openBrowser()).page.request, stack)
  await visitor.page.goto('/usage')
  await visitor.signIn({ ...customer, password: 'not this one' })
  await expect(visitor.alert).toContainText(texts.wrongPassword)
  await visitor.password.fill(customer.password)
  await context.setOffline(true)
  await visitor.submitAccount.click()
  await expect(visitor.alert).toContainText(texts.unreachable)
  await expect(visitor.page.getByText(texts.offline)).toHaveCount(1)
  await context.setOffline(false)
  await visitor.submitAccount.click()
  await expect(visitor.usage('generations')).toBeVisible()
  await expect(visitor.page).toHaveURL(/usage/)
})

test("hides a customer's pictures from everyone else", async ({
  app,
  customer,
  openBrowser,
  stack,
  request,
}) => {
  await customer.makePictures(1)
  await app.open()
  const url = new URL((await app.pictures.first().getAttribute('src')) ?? '', stack.url).href
  expect((await app.page.request.get(url)).status()).toBe(200)
  const other = await openBrowser()
  await signUp(other.page.request, stack)
  expect((await other.page.request.get(url)).status()).toBe(404)
  expect((await request.get(url)).ok()).toBe(false)
  await other.page.goto(stack.url)
  await expect(other.page.getByText(texts.emptyGallery)).toBeVisible()
})

test('rejects a second account with the same email address', async ({ app, customer, context }) => {
  await context.clearCookies()
  await app.signUp({ email: customer.email, password: randomUUID() })
  await expect(app.alert).toContainText(texts.emailTaken)
})
