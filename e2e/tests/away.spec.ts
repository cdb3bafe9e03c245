// Flowglad cannot be reached, as a person sees it: Studio goes on with what is known, the rest says plainly what is unavailable.
import { expect, test } from './fixtures.ts'
import { studio } from './studio.ts'

test.use({ ownStack: true })

test('with Flowglad away Studio works on within the limit, and what was spent arrives when it is back', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  stack.network.trouble('/', 'unreachable')
  await at.make('an island', 4)
  await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  await at.generate.click()
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  await at.generate.click()
  await expect(at.alert).toContainText(/nothing was charged/i)
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  await at.go('Usage')
  await expect(page.getByRole('row', { name: /studio\.generate/ })).toHaveCount(2)
  await expect(page.getByText('Waiting')).toHaveCount(2)
  expect(await stack.books.used(customer.id)).toEqual({})

  stack.network.heal()
  await expect.poll(() => stack.books.used(customer.id), { timeout: 40_000 }).toEqual({ generations: 8 })
  await page.reload()
  await expect(page.getByText('Delivered')).toHaveCount(2)
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  expect((await stack.books.balances(customer.id)).generations).toBe(2)
})

test('with Flowglad away buying and Billing say what is unavailable, and work again when it is back', async ({
  page,
  stack,
  customer: _,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  stack.network.trouble('/', 'unreachable')
  await at.go('Plans')
  const pro = page.getByTestId('plan-pro_monthly')
  await pro.getByRole('button', { name: 'Upgrade to Pro' }).click()
  await expect(pro.getByRole('alert')).toContainText(/nothing was charged/i)
  await expect(at.plan).toHaveText('Free')

  await at.go('Billing')
  await expect(page.getByTestId('subscription')).toContainText('Free')
  await expect(page.getByText('Payment method and invoices cannot be shown right now')).toBeVisible()

  stack.network.heal()
  // It tries again by itself.
  await expect(page.getByRole('region', { name: 'Payment method' })).toContainText('None yet', {
    timeout: 40_000,
  })
  await at.go('Plans')
  await pro.getByRole('button', { name: 'Upgrade to Pro' }).click()
  await expect(page.getByRole('button', { name: 'Pay $20.00' })).toBeVisible()
})

test('a stranger in an outage is told so, is not charged, and goes on when it is over', async ({
  page,
  stack,
}) => {
  stack.network.trouble('/', 'unreachable')
  await page.goto('/sign-up')
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  const at = studio(page)
  await at.make('an island', 2)
  await expect(at.alert).toContainText('Your credits cannot be checked right now')
  await expect(at.alert).toContainText('nothing was charged')
  await expect(at.balance('generations')).toContainText('unavailable')
  stack.network.heal()
  // The balance comes by itself.
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left', { timeout: 40_000 })
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')
})
