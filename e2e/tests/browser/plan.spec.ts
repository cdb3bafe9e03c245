// A plan over time: changed, cancelled, taken back, renewed.
import type { Page } from '@playwright/test'
import type { Stack } from '../../stack/stack.ts'
import { buy, type Customer, call, expect, spendGenerations, test } from '../fixtures.ts'
import { studio } from './studio.ts'

const day = 86_400_000
const inWords = (at: number) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(at)

test('cancelling says when the plan ends, keeps everything until then, and can be taken back', async ({
  page,
  stack,
  customer: _,
}) => {
  await buy(page.request, stack, 'pro_monthly')
  const { data } = await call(page.request, stack.url, 'billing.refresh', {})
  const end = inWords(data.plan.renewsAt)
  await page.goto('/billing')
  const at = studio(page)
  const subscription = page.getByTestId('subscription')
  await expect(subscription).toContainText(`Renews on ${end}`)
  await page.getByRole('button', { name: 'Cancel plan' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel Pro?' })
  await expect(dialog).toContainText(`Pro ends on ${end}, and Free begins`)
  await expect(dialog).not.toContainText('pack')
  await dialog.getByRole('button', { name: 'Keep Pro' }).click()
  await expect(subscription).toContainText(`Renews on ${end}`)
  await expect(page.getByRole('button', { name: 'Cancel plan' })).toBeFocused()

  await page.getByRole('button', { name: 'Cancel plan' }).click()
  await dialog.getByRole('button', { name: `Cancel on ${end}` }).click()
  await expect(dialog).toHaveCount(0)
  await expect(subscription.getByRole('status')).toContainText(`Ends on ${end}`)
  // The button is gone, and nobody is left nowhere.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await expect(at.plan).toHaveText('Pro')
  await expect(at.balance('generations')).toHaveText('Generations500 of 500 left')
  await at.go('Plans')
  await expect(at.status(`Pro ends on ${end}`)).toBeVisible()
  await page.getByRole('button', { name: 'Upgrade to Scale' }).click()
  await expect(page.getByRole('dialog')).toContainText('This takes your cancellation back')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Keep Pro' }).click()
  await expect(at.status(`Pro ends on ${end}`)).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()

  // What was bought in a pack ends with the plan: said first.
  await buy(page.request, stack, 'generation_pack')
  await page.getByRole('button', { name: 'Downgrade to Free' }).click()
  await expect(page.getByRole('dialog')).toContainText(
    'Credits bought in a pack end with Pro: you have 50 generations left.',
  )
  await page.keyboard.press('Escape')
  await at.go('Billing')
  await expect(subscription).toContainText(`Renews on ${end}`)
})

test('a downgrade says when it takes effect, keeps the plan until then, and can be taken back', async ({
  page,
  stack,
  customer: _,
}) => {
  await buy(page.request, stack, 'scale_monthly')
  const { data } = await call(page.request, stack.url, 'billing.refresh', {})
  const end = inWords(data.plan.renewsAt)
  await page.goto('/pricing')
  const at = studio(page)
  await page.getByTestId('plan-pro_monthly').getByRole('button', { name: 'Downgrade to Pro' }).click()
  const dialog = page.getByRole('dialog', { name: 'Downgrade to Pro?' })
  await expect(dialog).toContainText(`Pro starts on ${end}, for US$20 a month. Until then you keep Scale`)
  await dialog.getByRole('button', { name: `Downgrade on ${end}` }).click()
  await expect(dialog).toHaveCount(0)
  await expect(at.status(`Your plan changes on ${end}`)).toContainText('Until then you keep Scale')
  await expect(at.plan).toHaveText('Scale')
  await expect(at.balance('generations')).toContainText('Unlimited')
  // Nothing is offered that would be refused, or would add nothing.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  const pro = page.getByTestId('plan-pro_monthly')
  await expect(pro).toContainText('Take the scheduled change back first')
  await expect(pro.getByRole('button')).toHaveCount(0)
  await expect(page.getByTestId('plan-generation_pack')).toContainText('Scale has no limit on generations')
  await page.getByRole('button', { name: 'Downgrade to Free' }).click()
  await expect(page.getByRole('dialog')).toContainText('takes the place of the change that is scheduled')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Keep Scale' }).click()
  await expect(at.status(`Your plan changes on ${end}`)).toHaveCount(0)
})

test('an upgrade between paid plans takes effect at once', async ({ page, stack, customer }) => {
  await buy(page.request, stack, 'pro_monthly')
  await page.goto('/pricing')
  const at = studio(page)
  await page.getByTestId('plan-scale_monthly').getByRole('button', { name: 'Upgrade to Scale' }).click()
  const dialog = page.getByRole('dialog', { name: 'Upgrade to Scale?' })
  await expect(dialog).toContainText('Scale starts at once. You pay US$99 a month from now on')
  await dialog.getByRole('button', { name: 'Upgrade now' }).click()
  await expect(at.plan).toHaveText('Scale')
  await expect(at.balance('generations')).toContainText('Unlimited')
  await expect(page.getByTestId('plan-scale_monthly')).toContainText('Your plan')
  expect(await stack.books.plan(customer.id)).toBe('scale_monthly')
})

test.describe('with a clock of its own', () => {
  test.use({ ownStack: true })

  /** Studio with its paywall up, over a period that has ended since: only Flowglad knows of that. */
  async function exhaustedAMonthAgo(page: Page, stack: Stack, customer: Customer) {
    await spendGenerations(page.request, stack.url, 10)
    await page.goto('/')
    const at = studio(page)
    await expect(at.paywall).toBeVisible()
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 10 })
    await stack.books.advance(32 * day)
    return at
  }

  test('a renewed period is on the screen within two seconds of a refresh, and the paywall is gone', async ({
    page,
    stack,
    customer,
  }) => {
    const at = await exhaustedAMonthAgo(page, stack, customer)
    await call(page.request, stack.url, 'billing.refresh', {})
    await expect(at.balance('generations')).toHaveText('Generations10 of 10 left', { timeout: 2_000 })
    await expect(at.paywall).toHaveCount(0)
    expect((await stack.books.balances(customer.id)).generations).toBe(10)
    await at.make('a new month', 4)
    await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  })

  test.describe('and no webhooks', () => {
    test.use({ stackOptions: { controlledModel: true, webhooks: false } })

    test('a renewed period is on the screen after a plain reload', async ({ page, stack, customer }) => {
      const at = await exhaustedAMonthAgo(page, stack, customer)
      await page.reload()
      await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
      await expect(at.paywall).toHaveCount(0)
    })
  })

  test('after a renewal nobody has heard of, the next call just works: before refusing, the books are read', async ({
    page,
    stack,
    customer,
  }) => {
    const at = await exhaustedAMonthAgo(page, stack, customer)
    await at.make('a new month', 4)
    await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
    await expect(at.paywall).toHaveCount(0)
    await expect.poll(async () => (await stack.books.balances(customer.id)).generations).toBe(6)
  })

  test('a cancelled plan ends on its day: the next period is on Free', async ({ page, stack, customer }) => {
    await buy(page.request, stack, 'pro_monthly')
    await call(page.request, stack.url, 'billing.cancel', {})
    await page.goto('/billing')
    const at = studio(page)
    await expect(page.getByTestId('subscription')).toContainText('Ends on')
    await stack.books.advance(32 * day)
    await page.reload()
    await expect(at.plan).toHaveText('Free')
    await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
    expect(await stack.books.plan(customer.id)).toBe('free')
  })

  test('a scheduled downgrade takes effect on its day', async ({ page, stack, customer }) => {
    await buy(page.request, stack, 'scale_monthly')
    await spendGenerations(page.request, stack.url, 12)
    await call(page.request, stack.url, 'billing.changePlan', { priceSlug: 'pro_monthly' })
    await page.goto('/')
    const at = studio(page)
    await expect(at.balance('generations')).toContainText('12 used · Unlimited')
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 12 })
    await stack.books.advance(32 * day)
    await page.reload()
    await expect(at.plan).toHaveText('Pro')
    // Nobody is locked out, or short, for what was unlimited.
    await expect(at.balance('generations')).toHaveText('Generations500 of 500 left')
  })
})
