// The whole of it, as one person lives it, with the product's own model: the balance at every step on the screen and in Flowglad's books.
import { randomUUID } from 'node:crypto'
import { expect, test } from '../fixtures.ts'
import { cards, checkoutPage, studio } from './studio.ts'

test.use({ stackOptions: {} })

test('sign up, generate until nothing is left, be declined, pay, and go on', async ({ page, stack }) => {
  // Painting is real work, as long as it takes.
  test.setTimeout(180_000)
  const at = studio(page)
  await page.goto('/sign-up')
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByLabel('Email').fill(`${randomUUID()}@example.com`)
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What shall we make?')
  const session = await (await page.request.get('/api/auth/get-session')).json()
  const customer: string = session.user.id

  async function expectLeft(left: number, of: number) {
    await expect(at.balance('generations')).toHaveText(`Generations${left} of ${of} left`, {
      timeout: 60_000,
    })
    await expect.poll(async () => (await stack.books.balances(customer)).generations).toBe(left)
  }
  await expectLeft(10, 10)
  await expect(at.plan).toHaveText('Free')

  await at.prompt.fill('A lighthouse above a sea of fog')
  await at.chooseCount(4)
  await expect(at.generate).toHaveText('Generate · 4 credits')
  await at.generate.click()
  await expect(at.pictures).toHaveCount(4, { timeout: 60_000 })
  for (const picture of await at.pictures.all()) {
    // Real pictures: Chromium has decoded them.
    await picture.scrollIntoViewIfNeeded()
    await expect
      .poll(() => picture.evaluate((it) => it instanceof HTMLImageElement && it.naturalWidth))
      .toBe(512)
  }
  await expectLeft(6, 10)
  await at.generate.click()
  await expectLeft(2, 10)
  await expect(at.notice).toContainText("You've used 80% of your generations.")

  // What is left does not suffice: refused before anything runs, with what would.
  await at.generate.click()
  await expect(at.alert).toContainText('This needs 4 generations; you have 2 left')
  await expect(at.alert).toContainText('Nothing was charged.')
  await expectLeft(2, 10)
  await page.getByRole('button', { name: 'Make 2 instead' }).click()
  await expectLeft(0, 10)

  const renewal = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })
  const { renewsAt } = await page.evaluate(async () => {
    const answer = await fetch('/trpc/billing.balances')
    return (await answer.json()).result.data.plan
  })
  await expect(at.paywall).toContainText('Out of generations')
  await expect(at.paywall).toContainText(
    `You've used all 10 generations this month. Upgrade to continue creating, or wait until they renew on ${renewal.format(renewsAt)}.`,
  )
  for (const name of ['Upgrade to Pro', 'Buy 50 more'])
    await expect(at.paywall.getByRole('button', { name })).toBeVisible()
  await expect(at.paywall.getByRole('link', { name: 'View plans' })).toBeVisible()
  // The form stays, and trying all the same is refused in words.
  await at.generate.click()
  await expect(at.alert).toContainText('Not done: you are out of generations')
  await expect(at.alert).toContainText('Upgrade to go on, or wait until they renew on')
  await expectLeft(0, 10)
  expect(await stack.books.used(customer)).toEqual({ generations: 10 })

  await at.paywall.getByRole('button', { name: 'Upgrade to Pro' }).click()
  const checkout = checkoutPage(page)
  await expect(checkout.pay).toHaveText('Pay $20.00')
  await checkout.card.fill(cards.declined)
  await checkout.pay.click()
  await expect(checkout.problem).toContainText('Your card was declined. Nothing was charged')
  expect(await stack.books.plan(customer)).toBe('free')
  expect((await stack.books.balances(customer)).generations).toBe(0)

  await checkout.card.fill(cards.paid)
  await checkout.pay.click()
  await expect(at.status("You're on Pro")).toBeVisible()
  await expect(at.plan).toHaveText('Pro')
  await expectLeft(500, 500)
  expect(await stack.books.plan(customer)).toBe('pro_monthly')

  await at.make('A quiet library under a glass river', 3)
  await expectLeft(497, 500)
  expect(await stack.books.used(customer)).toEqual({ generations: 13 })
  const transactions = await stack.books.transactions(customer)
  expect(new Set(transactions).size).toBe(transactions.length)
  await expect(at.pictures).toHaveCount(13)
})
