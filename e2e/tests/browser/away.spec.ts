// Flowglad cannot be reached, as a person sees it: Studio goes on with what is known, the rest says plainly what is unavailable.
import { expect, test } from '../fixtures.ts'
import { studio } from './studio.ts'

// Outages are met with patience that grows: what comes by itself may take half a minute.
test.use({ ownStack: true })
test.setTimeout(120_000)

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
  await expect(page.getByRole('cell', { name: 'Waiting' })).toHaveCount(2)
  expect(await stack.books.used(customer.id)).toEqual({})

  stack.network.heal()
  await expect.poll(() => stack.books.used(customer.id), { timeout: 40_000 }).toEqual({ generations: 8 })
  await page.reload()
  await expect(page.getByRole('cell', { name: 'Delivered' })).toHaveCount(2)
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  expect((await stack.books.balances(customer.id)).generations).toBe(2)
})

test('with Flowglad away nothing can be bought: it says so, what it cost, and works when it is back', async ({
  page,
  stack,
  customer: _,
}) => {
  await page.goto('/pricing')
  const at = studio(page)
  const pro = page.getByTestId('plan-pro_monthly')
  await expect(pro.getByRole('button', { name: 'Upgrade to Pro' })).toBeVisible()
  stack.network.trouble('/', 'unreachable')
  await pro.getByRole('button', { name: 'Upgrade to Pro' }).click()
  await expect(pro.getByRole('alert')).toContainText(/nothing was charged/i)
  await expect(at.plan).toHaveText('Free')
  stack.network.heal()
  await pro.getByRole('button', { name: 'Upgrade to Pro' }).click()
  await expect(page.getByRole('button', { name: 'Pay $20.00' })).toBeVisible()
})

test('a server that starts in an outage knows the balances, says what else is unavailable, and keeps trying', async ({
  page,
  stack,
  customer: _,
}) => {
  stack.network.trouble('/', 'unreachable')
  await stack.restart('SIGTERM')
  await page.goto('/pricing')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText(/10 of 10 left/)
  await expect(page.getByText('The plans cannot be shown right now')).toBeVisible()
  await at.go('Billing')
  await expect(page.getByTestId('subscription')).toContainText('Free')
  await expect(page.getByText('Payment method and invoices cannot be shown right now')).toBeVisible()
  await at.go('Studio')
  await at.make('an island', 2)
  await expect(at.balance('generations')).toHaveText(/8 of 10 left/)

  await at.go('Billing')
  stack.network.heal()
  // It tries again by itself.
  await expect(page.getByRole('region', { name: 'Payment method' })).toContainText('None yet', {
    timeout: 45_000,
  })
  await at.go('Plans')
  await expect(page.getByTestId('plan-pro_monthly')).toBeVisible({ timeout: 45_000 })
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
  await at.go('Billing')
  await expect(page.getByText('Your subscription cannot be shown right now')).toBeVisible()
  await expect(at.plan).toBeEmpty()
  await at.go('Studio')
  await at.make('an island', 2)
  await expect(at.alert).toContainText('Your credits cannot be checked right now')
  await expect(at.alert).toContainText(/nothing was charged/i)
  await expect(at.balance('generations')).toContainText('unavailable')
  stack.network.heal()
  // The balance comes by itself.
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left', { timeout: 40_000 })
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')
})
