// While work runs, and when it breaks, is left, or is asked for twice.
import { expect, test } from '../fixtures.ts'
import { noteTexts, studio } from './studio.ts'

test('while work runs its units are held, shown as held, and spent only when it is done', async ({
  page,
  stack,
  model,
  customer,
}) => {
  model.pause()
  await page.goto('/')
  const at = studio(page)
  await at.make('a tall ship', 3)
  await expect(at.generate).toHaveText('Generating…')
  await expect(at.generate).toBeDisabled()
  await expect(at.balance('generations')).toContainText('3 held')
  await expect(at.balance('generations')).toContainText('7 of 10 left')
  await expect(at.bar('generations')).toHaveAttribute('aria-valuenow', '0')
  await expect(at.bar('generations')).toHaveAttribute('aria-valuetext', '7 of 10 left, 3 held')
  await expect(page.getByRole('listitem', { name: 'A picture being made' })).toHaveCount(3)
  expect(await stack.books.used(customer.id)).toEqual({})
  await expect.poll(() => model.painting()).toBe(3)
  model.resume()
  await expect(at.balance('generations')).toHaveText('Generations7 of 10 left')
  await expect(at.bar('generations')).toHaveAttribute('aria-valuenow', '3')
  await expect(at.pictures).toHaveCount(3)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 3 })
})

test('work that fails while its units are held gives them back silently, and says what happened', async ({
  page,
  stack,
  model,
  customer,
}) => {
  model.pause()
  await page.goto('/')
  const at = studio(page)
  const texts = await noteTexts(page, '[data-testid=balance-generations]')
  await at.make('a tall ship', 4)
  await expect(at.balance('generations')).toContainText('4 held')
  await expect.poll(() => model.painting()).toBe(4)
  model.fail()
  await expect(at.alert).toContainText('Nothing was charged.')
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await expect(at.generate).toBeEnabled()
  await expect(at.pictures).toHaveCount(0)
  await expect(page.getByTestId('balance-announcements')).toBeEmpty()
  expect(await texts()).toContain('Generations · 4 held6 of 10 left')
  model.resume()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 4 })
})

test('a forbidden prompt is refused as such and costs nothing', async ({ page, stack, customer }) => {
  await page.goto('/')
  const at = studio(page)
  await at.make('a forbidden thing', 4)
  await expect(at.alert).toContainText('This prompt breaks the content policy')
  await expect(at.alert).toContainText('Nothing was charged.')
  await expect(at.prompt).toHaveValue('a forbidden thing')
  await at.prompt.fill('a'.repeat(950))
  await expect(at.prompt).toHaveAccessibleDescription('950 of 1,000 characters')
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  expect(await stack.books.used(customer.id)).toEqual({})
})

test('HD on Free is refused as a feature, not as credits, and goes on without it', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await page.getByRole('switch', { name: 'HD' }).click()
  const answered = page.waitForResponse(/studio\.generate/)
  await at.make('a mill', 2)
  expect((await answered).status()).toBe(403)
  await expect(at.alert).toContainText('HD is not part of your plan')
  await expect(at.alert).toContainText('Nothing was charged.')
  await expect(at.alert.getByRole('link', { name: 'View plans' })).toBeVisible()
  await expect(at.paywall).toHaveCount(0)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await page.getByRole('button', { name: 'Generate without HD' }).click()
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })
})

test('a double click on Generate is charged once', async ({ page, stack, model, customer }) => {
  model.pause()
  await page.goto('/')
  const at = studio(page)
  await at.prompt.fill('twins')
  await at.generate.dblclick()
  await expect.poll(() => model.painting()).toBe(1)
  model.resume()
  await expect(at.balance('generations')).toHaveText('Generations9 of 10 left')
  await expect(at.pictures).toHaveCount(1)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 1 })
})

test('an answer lost on its way is asked for again under the same key and charged once', async ({
  page,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  let lost = 0
  await page.route(/studio\.generate/, async (route) => {
    if (lost > 0) return route.continue()
    lost++
    await route.fetch()
    await route.abort('connectionreset')
  })
  await at.make('an echo', 2)
  await expect(at.balance('generations')).toHaveText('Generations8 of 10 left')
  await expect(at.pictures).toHaveCount(2)
  expect(lost).toBe(1)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })
})

test.describe('a text that is streamed', () => {
  test('holds the most it can cost, counts its tokens live, and is charged what it counted', async ({
    page,
    stack,
    model,
    customer,
  }) => {
    await page.goto('/')
    const at = studio(page)
    await at.openWrite()
    await expect(at.write).toHaveText('Write · up to 300 tokens')
    await at.topic.fill('a lighthouse keeper')
    await at.write.click()
    await expect(at.write).toHaveText('Writing…')
    await expect(at.balance('tokens')).toContainText('300 held')
    await expect(at.balance('tokens')).toContainText('1,700 of 2,000 left')
    await expect.poll(() => model.writing()).toBe(1)
    const count = page.getByTestId('token-count')
    model.say('The lamp is lit ')
    await expect(count).toHaveText('3 tokens so far')
    model.say('every evening at six ')
    await expect(count).toHaveText('7 tokens so far')
    expect(await stack.books.used(customer.id)).toEqual({})
    model.end()
    await expect(count).toContainText('8 tokens, the only ones you pay for')
    await expect(at.text).toContainText('The lamp is lit every evening at six')
    await expect(at.balance('tokens')).toHaveText('Tokens1,992 of 2,000 left')
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ tokens: 8 })

    // It is paid for: looking at another screen, and a call that is refused, take nothing of it away.
    await at.go('Usage')
    await at.go('Studio')
    await at.beginText('a forbidden thing')
    await expect(at.alert).toContainText('This prompt breaks the content policy')
    await expect(at.text).toContainText('The lamp is lit every evening at six')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy text' }).click()
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'The lamp is lit every evening at six ',
    )
  })

  test('left in the middle is charged what was counted until then', async ({
    page,
    stack,
    model,
    customer,
  }) => {
    await page.goto('/')
    const at = studio(page)
    await at.beginText('a lighthouse keeper')
    await expect.poll(() => model.writing()).toBe(1)
    model.say('one two three four ')
    await expect(page.getByTestId('token-count')).toHaveText('3 tokens so far')
    await page.getByRole('button', { name: 'Stop here' }).press('Enter')
    await expect(page.getByTestId('token-count')).toHaveText('3 tokens, the only ones you pay for')
    await expect(page.getByRole('button', { name: 'Copy text' })).toBeFocused()
    await expect(at.balance('tokens')).toHaveText('Tokens1,997 of 2,000 left')
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ tokens: 3 })
    // Nobody reads any more, so the model is told to stop as well.
    await expect.poll(() => model.writing()).toBe(0)
    // Stopped before its first word, the next one takes nothing of this one away.
    await at.write.click()
    await expect.poll(() => model.writing()).toBe(1)
    await page.getByRole('button', { name: 'Stop here' }).click()
    await expect(at.text).toContainText('one two three')
    await expect.poll(() => model.writing()).toBe(0)
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ tokens: 3 })
  })

  test('whose tab is closed is charged what was counted until then', async ({
    page,
    context,
    stack,
    model,
    customer,
  }) => {
    await page.goto('/')
    const tab = await context.newPage()
    await tab.goto('/')
    const there = studio(tab)
    await there.beginText('a lighthouse keeper')
    await expect.poll(() => model.writing()).toBe(1)
    model.say('one two three four five ')
    await expect(tab.getByTestId('token-count')).toHaveText('4 tokens so far')
    await tab.close()
    await expect(studio(page).balance('tokens')).toHaveText('Tokens1,996 of 2,000 left')
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ tokens: 4 })
  })

  test('that breaks off says so and is charged what was counted until then', async ({
    page,
    stack,
    model,
    customer,
  }) => {
    await page.goto('/')
    const at = studio(page)
    await at.beginText('a lighthouse keeper')
    await expect.poll(() => model.writing()).toBe(1)
    model.say('one two three ')
    await expect(page.getByTestId('token-count')).toHaveText('2 tokens so far')
    model.breakOff()
    await expect(at.alert).toContainText('The text broke off')
    await expect(at.balance('tokens')).toHaveText('Tokens1,998 of 2,000 left')
    await expect.poll(() => stack.books.used(customer.id)).toEqual({ tokens: 2 })
  })
})
