// These tests use the operators' screen while a customer uses another browser.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import type { Stack } from '../../stack/startStack.ts'
import { signUp } from '../customer.ts'
import type { App } from './app.ts'
import { expect, test } from './browserTest.ts'
import { violations } from './violations.ts'

/** Each test has a different operator, because the tests in a worker share a stack. */
const operators = ['olga', 'otto', 'ola', 'eve'].map((name) => `${name}@studio.example`)
const [olga = '', otto = '', ola = '', eve = ''] = operators

test.use({ stackOptions: { mail: true, env: { OPERATORS: operators.join(',') } } })

/** Signs up an operator in the browser and resets the password with the link in an email. */
async function signUpOperator({ page: { request } }: App, stack: Stack, email: string) {
  await signUp(request, stack, email)
  const send = async (path: string, data: object) => {
    const headers = { origin: stack.url }
    const response = await request.post(`${stack.url}/api/auth/${path}`, { data, headers })
    expect(response.status(), path).toBe(200)
  }
  await send('request-password-reset', { email })
  await expect.poll(() => stack.mails?.resetToken(email)).toBeTruthy()
  const password = randomUUID()
  await send('reset-password', { token: stack.mails?.resetToken(email), newPassword: password })
  await send('sign-in/email', { email, password })
}

/** Returns the elements of the operators' screen. */
function operatorOn(page: Page) {
  const dialog = page.getByRole('dialog')
  return {
    page,
    heading: page.getByRole('heading', { level: 1 }),
    search: page.getByRole('textbox', { name: 'Customer' }),
    find: page.getByRole('button', { name: 'Find' }),
    match: (email: string) => page.getByRole('link', { name: email }),
    balance: (meter: string) => page.getByTestId(`operator-${meter}`),
    section: (name: string) => page.getByRole('region', { name }),
    dialog,
    units: dialog.getByLabel('Units'),
    reason: dialog.getByLabel('Reason'),
    confirm: dialog.getByRole('button').last(),
    close: dialog.getByRole('button', { name: 'Close' }),
    async open(stack: Stack, email: string) {
      await page.goto(`${stack.url}/operator`)
      await this.search.fill(email.slice(0, 12).toUpperCase())
      await this.find.click()
      await this.match(email).click()
      await expect(this.balance('generations')).toBeVisible()
    },
  }
}

test("shows an operator's adjustment and refund in the customer's browser immediately", async ({
  app,
  customer,
  stack,
  openBrowser,
}) => {
  await customer.makePictures(4)
  const denied = await customer.call('studio.generate', { prompt: 'a mill', count: 1, hd: true })
  expect(denied.status).toBe(403)
  await app.open()
  await app.expectBalance('generations', { left: 6, of: 10 })

  const other = await openBrowser()
  await signUpOperator(other, stack, olga)
  await other.page.goto(stack.url)
  await other.openAccount()
  await other.page.getByRole('menuitem', { name: 'Operator' }).click()
  const operator = operatorOn(other.page)
  await expect(operator.heading).toHaveText('Operator')
  await operator.open(stack, customer.email)
  await expect(operator.balance('generations')).toContainText('Available6Used4Held0Limit10Adjusted0')

  await expect(operator.section('Denied calls in the last day').getByRole('listitem')).toHaveText(
    /The plan doesn't include this feature: .*studio\.generate.*1 call/,
  )

  const adjust = operator.page.getByRole('button', { name: 'Adjust pictures' })
  await adjust.click()
  await operator.confirm.click()
  await expect(operator.units).toBeFocused()
  await expect(operator.dialog).toContainText('Enter a whole number')
  await operator.units.fill('+5')
  await expect(operator.dialog).toContainText('Available: 6 → 11')
  await operator.confirm.click()
  await expect(operator.reason).toBeFocused()
  await expect(operator.dialog).toContainText('Enter a reason.')
  await operator.reason.fill('The pictures were unusable')
  // A double click makes the change only once.
  await operator.confirm.dblclick()
  await expect(operator.dialog).toContainText('Pictures available6 → 11')
  await expect(operator.close).toBeFocused()
  await app.expectBalance('generations', { left: 11, of: 15 })
  await expect(app.panel).toContainText('5 added by us')
  await operator.close.click()
  await expect(adjust).toBeFocused()
  await expect(operator.balance('generations')).toContainText('Available11Used4Held0Limit15Adjusted+5')

  await operator.page.getByRole('button', { name: 'Refund the charge of 4 pictures' }).click()
  await operator.reason.fill('A duplicate')
  await operator.reason.press('Tab')
  await operator.page.keyboard.press('Tab')
  await operator.page.keyboard.press('Enter')
  await expect(operator.dialog).toContainText('Refunded a charge of 4 pictures.')
  await app.expectBalance('generations', { left: 15, of: 19 })
  await operator.page.keyboard.press('Escape')
  await expect(operator.dialog).toHaveCount(0)
  await expect(operator.section('Charges')).toContainText('refunded')
  await expect(operator.section('Charges').getByRole('button')).toHaveCount(0)

  const acts = operator.section('Changes by operators')
  await expect(acts.getByRole('listitem')).toHaveText([/^Refunded.*olga@.*“A duplicate”/, /^Adjusted.*\+5/])
  const download = operator.page.waitForEvent('download')
  await acts.getByRole('button').click()
  const exported = JSON.parse(await readFile(await (await download).path(), 'utf8'))
  expect(exported).toMatchObject([
    { by: olga, reason: 'The pictures were unusable', act: { type: 'adjust', amount: 5 } },
    { by: olga, reason: 'A duplicate', before: { accounts: [{ available: 11 }] } },
  ])
})

test('explains why the server refused a change', async ({ customer, stack, openBrowser, model }) => {
  const other = await openBrowser()
  await signUpOperator(other, stack, otto)
  const operator = operatorOn(other.page)
  model.pausePictures()
  const picture = customer.call('studio.generate', { prompt: 'a mill', count: 2 })
  await operator.open(stack, customer.email)
  await operator.page.getByRole('button', { name: 'Release the hold of 2 pictures' }).click()
  await operator.reason.fill('The work hangs')
  model.finishPictures()
  expect((await picture).status).toBe(200)
  await operator.confirm.click()
  await expect(operator.dialog).toContainText('Nothing was changed')
  await expect(operator.dialog).toContainText('This hold has already ended.')
  await operator.close.click()

  await operator.page.getByRole('button', { name: 'Adjust pictures' }).click()
  // The same operator makes a change in another tab.
  const act = { type: 'adjust', meter: 'generations', amount: 2 }
  const id = crypto.randomUUID()
  const input = { customer: customer.id, id, reason: 'An incident', act, newestAct: null }
  const headers = { 'content-type': 'application/json' }
  await other.page.request.post(`${stack.url}/trpc/operator.act`, { data: input, headers })
  await operator.units.fill('+2')
  await operator.reason.fill('An incident')
  await operator.confirm.click()
  await expect(operator.dialog.getByRole('alert')).toContainText('Adjusted pictures by +2. “An incident”')
  await expect(operator.balance('generations')).toContainText('Adjusted+2')
  await operator.confirm.click()
  await expect(operator.dialog).toContainText('Pictures adjusted2 → 4')
  await operator.close.click()

  // The server makes the change, but its response is lost.
  await operator.page.route(/operator\.act/, async (route) => {
    await route.fetch()
    await route.abort('connectionreset')
  })
  await operator.page.getByRole('button', { name: 'Adjust tokens' }).click()
  await operator.units.fill('-5')
  await operator.reason.fill('A correction')
  await operator.confirm.click()
  await expect(operator.dialog.getByRole('alert')).toContainText('The change is made only once')
  await operator.page.unroute(/operator\.act/)
  await operator.confirm.click()
  await expect(operator.dialog).toContainText('Already done')
  await expect(operator.balance('tokens')).toContainText('Adjusted-5')
})

test('the operators’ screen has no accessibility violations and fits a small phone', async ({
  customer,
  stack,
  openBrowser,
}) => {
  test.slow()
  const other = await openBrowser()
  await signUpOperator(other, stack, ola)
  const operator = operatorOn(other.page)
  const { page } = operator
  await customer.makePictures(1)
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
  const states: Record<string, () => Promise<void>> = {
    async start() {
      await page.goto(`${stack.url}/operator`)
      await operator.search.fill(customer.email)
      await operator.find.click()
      await expect(operator.match(customer.email)).toBeVisible()
    },
    async 'no match'() {
      await operator.search.fill('missing')
      await operator.find.click()
      await expect(page.getByText('starts with “missing”')).toBeVisible()
    },
    async 'unknown customer'() {
      await page.goto(`${stack.url}/operator?customer=missing`)
      await expect(page.getByText('There is no customer with this ID')).toBeVisible()
    },
    async customer() {
      await operator.open(stack, customer.email)
      await expect(operator.section('Charges').getByRole('listitem')).toHaveCount(1)
    },
    async 'dialog, with problems'() {
      await page.getByRole('button', { name: 'Adjust look-ups' }).click()
      await operator.units.fill('five')
      await operator.confirm.click()
      await expect(operator.dialog).toContainText('Enter a whole number')
    },
    async result() {
      await operator.units.fill('-3')
      await operator.reason.fill('A correction')
      await operator.confirm.click()
      await expect(operator.close).toBeVisible()
    },
    async 'ledger unavailable'() {
      await page.route(/operator\.customer/, (route) =>
        route.fulfill({ status: 503, contentType: 'application/json', body: '{}' }),
      )
      await page.goto(`${stack.url}/operator?customer=${customer.id}`)
      await expect(page.getByText("This customer can't be shown right now")).toBeVisible()
    },
  }
  for (const [state, reach] of Object.entries(states)) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 1280, height: 720 })
    await reach()
    expect.soft(await violations(page), `${state}, light and wide`).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await expect.poll(() => page.evaluate(overflow), state).toBe(0)
    expect.soft(await violations(page), `${state}, dark and narrow`).toEqual([])
  }
})

test('hides the operators’ screen from visitors, customers and operators who have not reset their password', async ({
  app,
  customer: _,
  stack,
  openBrowser,
}) => {
  const withoutReset = await openBrowser()
  await signUp(withoutReset.page.request, stack, eve)
  const visitor = await openBrowser()
  for (const { page, heading } of [app, withoutReset, visitor]) {
    await page.goto(`${stack.url}/operator`)
    await expect(heading).toHaveText('Page not found')
  }
  for (const { openAccount, page, signOutItem } of [app, withoutReset]) {
    await openAccount()
    await expect(signOutItem).toBeVisible()
    await expect(page.getByRole('menuitem', { name: 'Operator' })).toHaveCount(0)
  }
})
