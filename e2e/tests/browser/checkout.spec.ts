// To Flowglad's hosted checkout and back, in every way it can end.
import { buy, expect, spendGenerations, test } from '../fixtures.ts'
import { cards, checkoutPage, studio } from './studio.ts'

test('left without paying: nothing was bought, and it says so', async ({ page, stack, customer }) => {
  await page.goto('/pricing')
  await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
  await checkoutPage(page).cancel.click()
  const at = studio(page)
  await expect(at.status('Nothing was bought')).toContainText('nothing was charged')
  await expect(at.plan).toHaveText('Free')
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  expect(await stack.books.plan(customer.id)).toBe('free')
  await page.reload()
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await expect(at.status('Nothing was bought')).toHaveCount(0)
})

test('a declined card can be tried again with another, and only that one pays', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/pricing')
  await page.getByTestId('plan-scale_monthly').getByRole('button', { name: 'Upgrade to Scale' }).click()
  const checkout = checkoutPage(page)
  for (let attempt = 0; attempt < 2; attempt++) {
    await checkout.card.fill(cards.declined)
    await checkout.pay.click()
    await expect(checkout.problem).toContainText('Your card was declined. Nothing was charged')
    expect(await stack.books.plan(customer.id)).toBe('free')
  }
  await checkout.card.fill(cards.paid)
  await checkout.pay.click()
  const at = studio(page)
  await expect(at.status("You're on Scale")).toBeVisible()
  await at.go('Billing')
  await expect(page.getByRole('region', { name: 'Payment method' })).toContainText('Visa ending in 4242')
  await expect(page.getByRole('region', { name: 'Invoices' }).getByRole('listitem')).toHaveCount(1)
  await expect(page.getByRole('region', { name: 'Invoices' })).toContainText('Paid')
  // A card is left from Billing, and Billing is where it leads back to.
  const change = page.getByRole('button', { name: 'Use another card' })
  await change.click()
  await checkout.cancel.click()
  await expect(at.status('No card was saved')).toBeVisible()
  await change.click()
  await checkout.save.click()
  await expect(at.status('Your payment method is saved')).toBeVisible()
  await expect(change).toBeVisible()
})

test('a pack adds to what is left, on top of the plan, and does not expire', async ({
  page,
  stack,
  customer,
}) => {
  await spendGenerations(page.request, stack.url, 10)
  await page.goto('/')
  const at = studio(page)
  await at.paywall.getByRole('button', { name: 'Buy 50 more' }).click()
  await expect(checkoutPage(page).pay).toHaveText('Pay $5.00')
  await checkoutPage(page).pay.click()
  await expect(at.status('Generation pack added')).toContainText('they do not expire')
  await expect(at.balance('generations')).toHaveText('Generations50 of 60 left')
  await expect(at.plan).toHaveText('Free')
  await expect(at.paywall).toHaveCount(0)
  await at.go('Studio')
  await at.make('a fresh start', 4)
  await expect(at.balance('generations')).toHaveText('Generations46 of 60 left')
  await expect.poll(async () => (await stack.books.balances(customer.id)).generations).toBe(46)
})

test('an upgrade that leaves pack credits behind says so first, and can be thought over', async ({
  page,
  stack,
  customer,
}) => {
  await buy(page.request, stack, 'generation_pack')
  await spendGenerations(page.request, stack.url, 8)
  await page.goto('/pricing')
  const pro = page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' })
  await pro.click()
  const warning = page.getByRole('dialog', { name: 'Upgrading leaves 50 generations behind' })
  await expect(warning).toBeVisible()
  await warning.getByRole('button', { name: 'Keep my credits' }).click()
  await expect(warning).toHaveCount(0)
  expect(new URL(page.url()).pathname).toBe('/pricing')
  await pro.click()
  await warning.getByRole('button', { name: 'Upgrade to Pro anyway' }).click()
  await checkoutPage(page).pay.click()
  await expect(studio(page).balance('generations')).toHaveText('Generations500 of 500 left')
  await expect.poll(async () => (await stack.books.balances(customer.id)).generations).toBe(500)
})

test.describe('with a network of its own', () => {
  test.use({ ownStack: true })

  test('back before the confirmation: thanked at once, right by itself as soon as it is there', async ({
    page,
    stack,
    customer,
  }) => {
    await page.goto('/pricing')
    await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Upgrade to Pro' }).click()
    await expect(checkoutPage(page).pay).toBeVisible()
    stack.network.trouble(`/customers/${customer.id}`, 'unreachable')
    await checkoutPage(page).pay.click()
    const at = studio(page)
    await expect(at.status('Thank you, your payment went through')).toContainText(
      'Your credits are being added',
    )
    await expect(at.plan).toHaveText('Free')
    stack.network.heal()
    await expect(at.status("You're on Pro")).toBeVisible()
    await expect(at.plan).toHaveText('Pro')
    await expect(at.balance('generations')).toHaveText('Generations500 of 500 left')
  })
})
