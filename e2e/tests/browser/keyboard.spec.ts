// This test uses only the keyboard.
import { randomUUID } from 'node:crypto'
import type { Locator } from '@playwright/test'
import { cards } from './app.ts'
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test('lets a customer who uses only the keyboard sign up, use all credits, pay and continue', async ({
  visitor: app,
  records,
}) => {
  const { page, checkout } = app
  const press = (key: string) => page.keyboard.press(key)
  /** Presses Tab until the element has focus. Fails after 60 presses. */
  async function tabTo(target: Locator) {
    await expect(target.first()).toBeAttached()
    for (let steps = 0; steps < 60; steps++) {
      if (await target.evaluateAll((found) => found.some((it) => it === document.activeElement))) return
      await press('Tab')
    }
    throw new Error(`60 Tab presses did not move focus to ${target}.`)
  }

  await page.goto('/sign-in')
  await tabTo(page.getByRole('main').locator('a[href^="/sign-up"]'))
  await press('Enter')
  await tabTo(page.getByRole('textbox', { name: 'Name' }))
  await page.keyboard.type('Grace Hopper')
  await tabTo(app.email)
  await page.keyboard.type(`${randomUUID()}@example.com`)
  await tabTo(app.password)
  await page.keyboard.type('correct horse battery')
  await tabTo(page.getByRole('button', { name: /show password/i }))
  await press('Enter')
  await expect(app.password).toHaveValue('correct horse battery')
  await expect(app.password).toHaveAttribute('type', 'text')
  await tabTo(app.submitAccount)
  await press('Enter')
  await app.expectBalance('generations', { left: 10, of: 10 })

  await tabTo(app.prompt)
  await page.keyboard.type('A harbour in the rain')
  await tabTo(page.getByRole('radio', { name: '1', exact: true }))
  for (let i = 0; i < 3; i++) await press('ArrowRight')
  await expect(app.generate).toContainText('4')
  await tabTo(app.generate)
  await press('Enter')
  await app.expectBalance('generations', { left: 6, of: 10 })
  await tabTo(app.prompt)
  await press('Control+Enter')
  await app.expectBalance('generations', { left: 2, of: 10 })
  await press('Control+Enter')
  await expect(app.alert).toContainText(texts.picturesShort(4, 2))
  await tabTo(app.alert.getByRole('button', { name: /2/ }))
  await press('Enter')
  await expect(app.paywall).toBeVisible()
  // The alert and its button are gone, so the form's button has the focus.
  await expect(app.generate).toBeFocused()

  await tabTo(app.paywall.getByRole('button', { name: /Pro/ }))
  await press('Enter')
  await expect(checkout.submit).toBeVisible()
  await tabTo(checkout.card)
  await press('Control+A')
  await page.keyboard.type(cards.declined)
  await press('Enter')
  await expect(checkout.problem).toContainText(texts.cardDeclined)
  await tabTo(checkout.card)
  await press('Control+A')
  await page.keyboard.type(cards.paid)
  await tabTo(checkout.submit)
  await press('Enter')
  await expect(app.status(texts.onPlan('Pro'))).toBeVisible()
  await app.expectBalance('generations', { left: 500, of: 500 })
  await tabTo(app.prompt)
  await page.keyboard.type('Morning')
  await press('Control+Enter')
  await app.expectBalance('generations', { left: 499, of: 500 })
  const { user } = await (await page.request.get('/api/auth/get-session')).json()
  await expect.poll(() => records.used(user)).toEqual({ generations: 11 })
})
