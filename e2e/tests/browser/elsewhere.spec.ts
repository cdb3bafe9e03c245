// Other tabs, other browsers, slow networks: the number on the screen is the newest there is, and never turns back.
import type { Page } from '@playwright/test'
import { buy, expect, signIn, spendGenerations, test } from '../fixtures.ts'
import { cards, checkoutPage, noteTexts, studio } from './studio.ts'

const leftOf = (texts: string[]) => texts.flatMap((text) => text.match(/(\d+) of/)?.[1] ?? []).map(Number)

/** Lets the page's requests through only when told; `held` counts those that wait. */
async function holdAnswers(page: Page, url: RegExp) {
  const opened: (() => void)[] = []
  let open = false
  await page.route(url, async (route) => {
    const response = await route.fetch()
    if (!open) await new Promise<void>((resolve) => opened.push(resolve))
    await route.fulfill({ response })
  })
  return {
    held: () => opened.length,
    open() {
      open = true
      for (const go of opened) go()
    },
  }
}

test('what one tab spends is right in the other without a reload, and neither number ever rises', async ({
  page,
  context,
  stack,
  customer,
}) => {
  const other = await context.newPage()
  await Promise.all([page.goto('/'), other.goto('/')])
  const [here, there] = [studio(page), studio(other)]
  await expect(here.balance('generations')).toHaveText('Generations10 of 10 left')
  await expect(there.balance('generations')).toHaveText('Generations10 of 10 left')
  const texts = [
    await noteTexts(page, '[data-testid=balance-generations]'),
    await noteTexts(other, '[data-testid=balance-generations]'),
  ]
  await here.make('a kite', 3)
  await expect(there.balance('generations')).toHaveText('Generations7 of 10 left')
  await there.make('another kite', 2)
  await expect(here.balance('generations')).toHaveText('Generations5 of 10 left')
  await expect(there.balance('generations')).toHaveText('Generations5 of 10 left')
  for (const seen of texts) {
    const left = leftOf(await seen())
    expect(left).toEqual(left.toSorted((a, b) => b - a))
    expect(left.at(-1)).toBe(5)
  }
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 5 })
})

test('exhausted by another tab while typing: the paywall appears, what was typed stays', async ({
  page,
  stack,
  customer,
}) => {
  await spendGenerations(page.request, stack.url, 8)
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  await at.prompt.pressSequentially('A lighthouse ab')
  await spendGenerations(page.request, stack.url, 2)
  await expect(at.paywall).toContainText('Out of generations')
  await expect(at.prompt).toBeFocused()
  await page.keyboard.type('ove a sea of fog')
  await expect(at.prompt).toHaveValue('A lighthouse above a sea of fog')
  await at.generate.click()
  await expect(at.alert).toContainText('Not done: you are out of generations')
  await expect(at.alert).toContainText('Nothing was charged')
  await expect(at.prompt).toHaveValue('A lighthouse above a sea of fog')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 10 })
})

test('the last units held by another tab are told from spent ones, and come back', async ({
  page,
  context,
  model,
  stack,
  customer: _,
}) => {
  await spendGenerations(page.request, stack.url, 6)
  model.pause()
  const other = await context.newPage()
  await Promise.all([page.goto('/'), other.goto('/')])
  await studio(other).make('a kite', 4)
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations · 4 held0 of 10 left')
  await at.make('a second kite', 1)
  await expect(at.alert).toContainText('Your last generations are at work')
  await expect(at.paywall).toHaveCount(0)
  model.fail()
  await expect(at.balance('generations')).toHaveText('Generations4 of 10 left')
  model.resume()
  await expect(at.status('You have enough credits now')).toBeVisible()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(at.balance('generations')).toHaveText('Generations3 of 10 left')
})

test('upgraded in another browser: this one follows, the paywall is gone and work goes on', async ({
  page,
  openBrowser,
  stack,
  customer,
}) => {
  await spendGenerations(page.request, stack.url, 10)
  await page.goto('/')
  const at = studio(page)
  await expect(at.paywall).toBeVisible()
  await at.make('a mill', 2)
  await expect(at.alert).toContainText('Not done')

  const other = await openBrowser()
  await signIn(other.request, stack.url, customer)
  await other.goto('/pricing')
  await other.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
  await checkoutPage(other).card.fill(cards.paid)
  await checkoutPage(other).pay.click()
  await expect(studio(other).plan).toHaveText('Pro')

  await expect(at.plan).toHaveText('Pro')
  await expect(at.balance('generations')).toHaveText('Generations500 of 500 left')
  await expect(at.paywall).toHaveCount(0)
  await expect(at.status('You have enough credits now')).toBeVisible()
  await at.generate.click()
  await expect(at.balance('generations')).toHaveText('Generations498 of 500 left')
})

test('a slow answer that comes after newer ones never turns the number back', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  const answers = await holdAnswers(page, /studio\.generate/)
  await at.make('a slow boat', 1)
  await expect(at.balance('generations')).toHaveText('Generations9 of 10 left')
  await expect.poll(() => answers.held()).toBe(1)
  await spendGenerations(page.request, stack.url, 6)
  await expect(at.balance('generations')).toHaveText('Generations3 of 10 left')
  const texts = await noteTexts(page, '[data-testid=balance-generations]')
  answers.open()
  await expect(at.pictures).toHaveCount(1)
  await expect(at.generate).toBeEnabled()
  expect(await texts()).toEqual(['Generations3 of 10 left'])
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 7 })
})

test('without the stream, balances still follow every call, whatever order the answers come in', async ({
  page,
  stack,
  customer: _,
}) => {
  await page.route(/billing\.onBalances/, (route) => route.abort('connectionrefused'))
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await at.make('a boat', 2)
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')

  // The balances asked for after the next call arrive after those of the one behind it.
  const answers = await holdAnswers(page, /billing\.balances/)
  await at.make('a second boat', 2)
  await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  await expect.poll(() => answers.held()).toBeGreaterThan(0)
  await spendGenerations(page.request, stack.url, 1)
  await at.make('a third boat', 1)
  await expect(at.balance('generations')).toHaveText('Generations4 of 10 left')
  const texts = await noteTexts(page, '[data-testid=balance-generations]')
  const late = page.waitForResponse(/billing\.balances/)
  answers.open()
  await late
  await at.go('Usage')
  await expect(page.getByTestId('usage-generations')).toContainText('6 / 10 used')
  expect(await texts()).toEqual(['Generations4 of 10 left'])
})

test('offline, a call says so and costs nothing; back online the same call goes through once', async ({
  page,
  context,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await context.setOffline(true)
  await expect(at.status('You are offline')).toBeVisible()
  await at.make('an island', 2)
  await expect(at.alert).toContainText('You are offline')
  await expect(at.alert).toContainText('Nothing was charged')
  await context.setOffline(false)
  await expect(at.status('You are offline')).toHaveCount(0)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })
})

test('a device that slept through the changes is right as soon as it is looked at again', async ({
  page,
  stack,
  context,
  customer: _,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await context.setOffline(true)
  await buy(context.request, stack, 'pro_monthly')
  await spendGenerations(context.request, stack.url, 4)
  await context.setOffline(false)
  await expect(at.balance('generations')).toHaveText('Generations496 of 500 left')
  await expect(at.plan).toHaveText('Pro')
})
