// Nothing here touches a mouse.
import { randomUUID } from 'node:crypto'
import { expect, test } from '../fixtures.ts'
import { cards, checkoutPage, studio } from './studio.ts'

test('sign up, run out, be declined, pay and go on, with the keyboard alone', async ({ page, stack }) => {
  const at = studio(page)
  const press = (key: string) => page.keyboard.press(key)
  /** Walks with Tab until the element has the focus; fails when a whole round does not reach it. */
  async function walkTo(role: 'button' | 'link' | 'textbox' | 'radio', name: string | RegExp) {
    const target = page.getByRole(role, { name, exact: typeof name === 'string' })
    await expect(target.first()).toBeAttached()
    for (let steps = 0; steps < 60; steps++) {
      if (await target.evaluateAll((found) => found.includes(document.activeElement as HTMLElement))) return
      await press('Tab')
    }
    throw new Error(`Tab never reached ${role} “${name}”`)
  }
  await page.goto('/sign-in')
  await walkTo('link', 'Create an account')
  await press('Enter')
  await walkTo('textbox', 'Name')
  await page.keyboard.type('Grace Hopper')
  await walkTo('textbox', 'Email')
  await page.keyboard.type(`${randomUUID()}@example.com`)
  await walkTo('textbox', /Password/)
  await page.keyboard.type('correct horse battery')
  await walkTo('button', 'Show password')
  await press('Enter')
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveValue('correct horse battery')
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveAttribute('type', 'text')
  await walkTo('button', 'Create account')
  await press('Enter')
  await expect(at.balance('generations')).toContainText('10 of 10 left')

  await walkTo('textbox', 'Describe a picture')
  await page.keyboard.type('A harbour in the rain')
  await walkTo('radio', '1')
  for (const _ of '234') await press('ArrowRight')
  await expect(at.generate).toHaveText('Generate · 4 credits')
  await walkTo('button', /^Generate/)
  await press('Enter')
  await expect(at.balance('generations')).toHaveText('Generations6 of 10 left')
  await walkTo('textbox', 'Describe a picture')
  await press('Control+Enter')
  await expect(at.balance('generations')).toHaveText('Generations2 of 10 left')
  await press('Control+Enter')
  await expect(at.alert).toContainText('This needs 4 generations; you have 2 left')
  await walkTo('button', 'Make 2 instead')
  await press('Enter')
  await expect(at.paywall).toBeVisible()
  // The notice is gone, and the keyboard goes on where its work is done.
  await expect(at.generate).toBeFocused()

  await walkTo('button', 'Upgrade to Pro')
  await press('Enter')
  await expect(checkoutPage(page).pay).toBeVisible()
  await walkTo('textbox', 'Card number')
  await press('Control+A')
  await page.keyboard.type(cards.declined)
  await press('Enter')
  await expect(checkoutPage(page).problem).toContainText('Your card was declined')
  await walkTo('textbox', 'Card number')
  await press('Control+A')
  await page.keyboard.type(cards.paid)
  await walkTo('button', /^Pay/)
  await press('Enter')
  await expect(at.status("You're on Pro")).toBeVisible()
  await expect(at.balance('generations')).toContainText('500 of 500 left')
  await walkTo('textbox', 'Describe a picture')
  await page.keyboard.type('Morning')
  await press('Control+Enter')
  await expect(at.balance('generations')).toContainText('499 of 500 left')
  const { user } = await (await page.request.get('/api/auth/get-session')).json()
  await expect.poll(() => stack.books.used(user.id)).toEqual({ generations: 11 })
})
