// Calls that are refused for other reasons than credits: each says what happened, what it cost and what to do next.
import { batch, call, expect, test } from '../fixtures.ts'
import { studio } from './studio.ts'

test.describe('with the limit on calls that a server has by default', () => {
  test.use({ stackOptions: { controlledModel: true, env: { RATE_LIMIT: 'on' } } })

  test('too much at once is refused with the seconds to wait, costs nothing, and then goes through', async ({
    page,
    stack,
    customer,
  }) => {
    await page.goto('/')
    const at = studio(page)
    await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
    await at.prompt.fill('a stampede')
    // Invalid calls count as well, and cost nothing.
    const many = Array.from({ length: 50 }, () => ({}))
    // Once more where the machine was so slow that the limit's window had passed before the click.
    await expect(async () => {
      for (const _ of '123') await batch(page.request, stack.url, 'studio.generate', many)
      await at.generate.click()
      await expect(at.alert).toContainText('That was a lot at once', { timeout: 2_000 })
    }).toPass()
    await expect(at.alert).toContainText(/Nothing was charged\. Wait \d+ seconds?, then try again\./)
    await expect(at.prompt).toHaveValue('a stampede')
    const before = (await stack.books.used(customer.id)).generations ?? 0
    await at.alert.getByRole('button', { name: 'Try again' }).click()
    await expect(at.alert).toHaveCount(0)
    await expect.poll(async () => (await stack.books.used(customer.id)).generations).toBe(before + 1)
  })
})

test.describe('in a browser that speaks German', () => {
  test.use({ locale: 'de-DE' })

  test('numbers and dates are written as its reader writes them', async ({ page, stack, customer: _ }) => {
    await page.goto('/usage')
    await expect(page.getByTestId('usage-tokens')).toContainText('0 / 2.000 used')
    const { data } = await call(page.request, stack.url, 'billing.refresh', {})
    const day = new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', timeZone: 'UTC' })
    await expect(page.getByTestId('usage-tokens')).toContainText(`Renews${day.format(data.plan.renewsAt)}`)
    await page.goto('/pricing')
    await expect(page.getByTestId('plan-pro_monthly')).toContainText(/20\s\$/)
    await expect(page.getByTestId('plan-pro_monthly')).toContainText('200.000')
  })
})
