// What a meter looks like from nearly empty to used up, and without a limit.
import type { Locator } from '@playwright/test'
import { buy, expect, spendApiCalls, spendGenerations, test } from '../fixtures.ts'
import { studio } from './studio.ts'

/** The colour in which a bar shows what is used, and what the theme's variable stands for. */
const barColour = (bar: Locator) =>
  bar
    .locator('> span')
    .first()
    .evaluate((it) => getComputedStyle(it).backgroundColor)
const themeColour = (bar: Locator, name: string) =>
  bar.evaluate((it, name) => {
    const probe = it.ownerDocument.createElement('i')
    probe.style.color = `var(${name})`
    it.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }, name)

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a bar is calm up to 75 %, a warning beyond, critical beyond 90 %, in ${colorScheme}`, async ({
    page,
    stack,
    customer: _,
  }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.goto('/')
    const at = studio(page)
    const bar = at.bar('api_calls')
    const steps = [
      { used: 75, colour: '--bar' },
      { used: 76, colour: '--bar-warning' },
      { used: 90, colour: '--bar-warning' },
      { used: 91, colour: '--bar-critical' },
    ]
    let before = 0
    const colours = new Set<string>()
    for (const { used, colour } of steps) {
      await spendApiCalls(page.request, stack.url, used - before)
      before = used
      await expect(at.balance('api_calls')).toContainText(`${100 - used} of 100 left`)
      await expect.poll(() => barColour(bar)).toBe(await themeColour(bar, colour))
      colours.add(await barColour(bar))
    }
    expect(colours.size).toBe(3)
  })
}

test('from 80 % on a notice tells the exact share, beyond 90 % that the limit is near; before, nothing does', async ({
  page,
  stack,
  customer: _,
}) => {
  await spendApiCalls(page.request, stack.url, 79)
  await page.goto('/')
  const at = studio(page)
  await at.openLookUp()
  await expect(at.panel('API calls')).toContainText('21 of 100 left')
  await expect(at.notice).toHaveCount(0)
  await spendApiCalls(page.request, stack.url, 1)
  await expect(at.notice).toContainText("You've used 80% of your API calls.")
  await spendApiCalls(page.request, stack.url, 7)
  await expect(at.notice).toContainText("You've used 87% of your API calls.")
  await expect(at.notice).not.toContainText('approaching')
  await spendApiCalls(page.request, stack.url, 4)
  await expect(at.notice).toContainText(
    "You've used 91% of your API calls. You're approaching your limit. Consider upgrading.",
  )
  await expect(at.notice.getByRole('button', { name: 'Upgrade to Pro' })).toBeVisible()
})

test('numbers stand in context everywhere: left in the header, used on Usage, with the day they renew', async ({
  page,
  stack,
  customer,
}) => {
  await spendGenerations(page.request, stack.url, 4)
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  await expect(at.bar('generations')).toHaveAttribute('aria-valuetext', '6 of 10 left')
  await at.go('Usage')
  const card = page.getByTestId('usage-generations')
  await expect(card).toContainText('4 / 10 used')
  await expect(card).toContainText('Held0')
  await expect(card).toContainText('Available6')
  await expect(card).toContainText(/Renews\d+ \w+ \d{4}/)
  await expect.poll(async () => (await stack.books.balances(customer.id)).generations).toBe(6)
})

test('an unlimited plan shows what was used and “Unlimited”, without a bar, and is never refused', async ({
  page,
  stack,
  customer,
}) => {
  await buy(page.request, stack, 'scale_monthly')
  await page.goto('/')
  const at = studio(page)
  await expect(at.plan).toHaveText('Scale')
  await expect(at.balance('generations')).toContainText('0 used · Unlimited')
  await expect(at.bar('generations')).toHaveCount(0)
  await expect(at.bar('tokens')).toHaveCount(1)
  await at.make('a field of barley', 4)
  await expect(at.balance('generations')).toContainText('4 used · Unlimited')
  await spendGenerations(page.request, stack.url, 12)
  await expect(at.balance('generations')).toContainText('16 used · Unlimited')
  await expect(at.panel('generations')).toContainText('Unlimited')
  await expect(at.paywall).toHaveCount(0)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 16 })
})

test('past the grant of a plan with overage work goes on, and says that it is billed by use', async ({
  page,
  stack,
  customer,
}) => {
  await buy(page.request, stack, 'pro_monthly')
  await spendApiCalls(page.request, stack.url, 10_000)
  await page.goto('/')
  const at = studio(page)
  await at.openLookUp()
  await expect(at.panel('API calls')).toContainText('billed by use')
  await at.term.fill('fresco')
  await at.lookUp.click()
  await expect(at.answer).toContainText('Pigment on wet plaster')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ api_calls: 10_001 })
  await expect(at.paywall).toHaveCount(0)
})
