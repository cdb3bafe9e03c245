// These tests make Flowglad unreachable while a customer uses the screens.
import { expect, test } from './browserTest.ts'
import { texts } from './texts.ts'

test.describe.configure({ mode: 'default' })
test.setTimeout(120_000)

// The server and the screens wait for up to half a minute before they try again.
const backoff = { timeout: 45_000 }

test('allows pictures up to the limit during an outage and delivers their usage later', async ({
  app,
  network,
  records,
  customer,
}) => {
  await app.open()
  network.fail('/', 'unreachable')
  await app.makePictures('an island', 4)
  await app.expectBalance('generations', { left: 6, of: 10 })
  await app.generate.click()
  await app.expectBalance('generations', { left: 2, of: 10 })
  await app.generate.click()
  await expect(app.alert).toContainText(texts.nothingCharged)
  await app.expectBalance('generations', { left: 2, of: 10 })
  await app.goTo('Usage')
  await expect(app.charges.getByRole('row', { name: /4 pictures/ })).toHaveCount(2)
  // The Plans screen says that no plan can be bought, even before the customer clicks a button.
  await app.goTo('Plans')
  await expect(app.status(texts.unavailable)).toBeVisible(backoff)
  for (const offer of ['pro_monthly', 'generation_pack']) {
    await expect(app.plan(offer).card).toContainText(texts.plansAway)
    await expect(app.plan(offer).choose).toHaveCount(0)
  }
  await app.goTo('Billing')
  await expect(app.paymentMethod).toContainText(texts.noPaymentMethod)
  await expect(app.paymentMethod.getByRole('button')).toHaveCount(0)
  await expect(app.paymentMethod).not.toContainText(texts.addCardNow)
  await app.goTo('Plans')
  expect(await records.used(customer)).toEqual({})

  network.restore()
  await expect.poll(() => records.used(customer), backoff).toEqual({ generations: 8 })
  await expect(app.plan('pro_monthly').choose).toBeVisible(backoff)
  await app.goTo('Usage')
  await expect(app.charges.getByRole('row', { name: /4 pictures/ })).toHaveCount(2)
  await app.expectBalance('generations', { left: 2, of: 10 })
  expect(await records.balances(customer)).toMatchObject({ generations: 2 })
})

test('explains that a purchase failed without a charge and allows the purchase after the outage', async ({
  app,
  network,
}) => {
  await app.open('Plans')
  const pro = app.plan('pro_monthly')
  await expect(pro.choose).toBeVisible()
  network.fail('/', 'unreachable')
  await pro.choose.click()
  await expect(pro.alert).toContainText(texts.nothingCharged)
  await expect(app.planName).toHaveText('Free')
  network.restore()
  await pro.choose.click()
  await expect(app.checkout.submit).toContainText('$20.00')
})

test('shows the balances if the server restarts during an outage, and shows all other data once the outage ends', async ({
  app,
  stack,
  network,
}) => {
  network.fail('/', 'unreachable')
  await stack.restart('SIGTERM')
  await app.page.goto('/pricing')
  await app.expectBalance('generations', { left: 10, of: 10 })
  await expect(app.status(texts.unreadable)).toBeVisible()
  await app.goTo('Billing')
  await expect(app.subscription).toContainText('Free')
  await expect(app.status(texts.unreadable)).toBeVisible()
  await app.goTo('Studio')
  await app.makePictures('an island', 2)
  await app.expectBalance('generations', { left: 8, of: 10 })

  await app.goTo('Billing')
  network.restore()
  await expect(app.paymentMethod).toContainText(texts.noPaymentMethod, backoff)
  await app.goTo('Plans')
  await expect(app.plan('pro_monthly').card).toBeVisible(backoff)
})

test("denies a new customer's calls and charges nothing until the outage ends", async ({
  visitor,
  network,
}) => {
  network.fail('/', 'unreachable')
  await visitor.signUp({ email: 'ada@example.com', password: 'correct horse battery' })
  await visitor.goTo('Billing')
  await expect(visitor.status(texts.unreadable).first()).toBeVisible()
  await expect(visitor.planName).toBeEmpty()
  await expect(visitor.upgrade).toHaveCount(0)
  await visitor.goTo('Usage')
  await expect(visitor.status(texts.unreadable)).toBeVisible()
  await visitor.goTo('Studio')
  await visitor.makePictures('an island', 2)
  await expect(visitor.alert).toContainText(texts.creditsUnknown)
  await expect(visitor.alert).toContainText(texts.nothingCharged)
  await expect(visitor.balance('generations')).toContainText(texts.unavailable)
  network.restore()
  await expect(visitor.balance('generations')).toContainText('0 of 10 used', backoff)
  await expect(visitor.upgrade).toBeVisible(backoff)
  await visitor.retry.click()
  await visitor.expectBalance('generations', { left: 8, of: 10 })
})
