import { expect as expectPage } from '@playwright/test'
import { expect, it } from 'vitest'
import { startApplication } from './application.ts'
import { aBrowser } from './browser.ts'
import { cards, startStudio } from './studio.ts'

it('the checkout works without JavaScript: declined, confirmed, paid and back in the application', async () => {
  await using studio = await startStudio()
  await using browser = await aBrowser()
  await studio.customer('ada')
  const { checkoutSession, url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      successUrl: `${studio.url}/billing-portal/x/ada`,
      cancelUrl: `${studio.url}/?customer=ada`,
    },
  })
  const page = await browser.newPage({ javaScriptEnabled: false })
  await page.goto(url)
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('Team')
  await page.getByLabel('Card number').fill(cards.declined)
  await page.getByRole('button', { name: 'Pay $49.00' }).click()
  await expectPage(page.getByRole('alert')).toContainText('declined')
  await page.getByRole('button', { name: /asks the customer to confirm/ }).click()
  await page.getByRole('button', { name: 'Confirm payment' }).click()
  await expectPage(page).toHaveURL(String(checkoutSession.successUrl))
  await expectPage(page.getByText('Team - Team')).toBeVisible()
  await page.goto(url)
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('Already paid')
})

it('cancelling the checkout goes back and charges nothing', async () => {
  await using studio = await startStudio()
  await using browser = await aBrowser()
  await studio.customer('ada')
  const { checkoutSession, url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'product',
      customerExternalId: 'ada',
      priceSlug: 'team_price',
      successUrl: `${studio.url}/`,
      cancelUrl: `${studio.url}/?customer=ada`,
    },
  })
  const page = await browser.newPage()
  await page.goto(url)
  await page.getByRole('link', { name: 'Cancel and go back' }).click()
  await expectPage(page).toHaveURL(String(checkoutSession.cancelUrl))
  expect((await studio.billing('ada')).invoices).toEqual([])
})

it('the billing portal cancels a plan, takes it back and changes the card', async () => {
  await using studio = await startStudio()
  await using browser = await aBrowser()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { billingPortalUrl } = await studio.billing('ada')
  const page = await browser.newPage()
  await page.goto(billingPortalUrl)
  await page.getByRole('link', { name: 'ada' }).click()
  await page.getByRole('button', { name: 'Cancel at the end of the period' }).click()
  await expectPage(page.getByText('Cancellation scheduled')).toBeVisible()
  expect((await studio.plan('ada')).status).toBe('cancellation_scheduled')
  await page.getByRole('button', { name: 'Keep this plan' }).click()
  await expectPage(page.getByRole('button', { name: 'Cancel at the end of the period' })).toBeVisible()
  await page.getByRole('button', { name: 'Change card' }).click()
  await page.getByRole('button', { name: /accepted now and declined at renewals/ }).click()
  await expectPage(page.getByText('•••• 0341')).toBeVisible()
  expect((await studio.plan('ada')).status).toBe('active')
})

it('the billing portal says what is to come: a change, which can be taken back, and a payment that failed', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await using browser = await aBrowser()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'agency_price', { card: cards.failsLater })
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price', quantity: 2 }] },
  })
  const page = await browser.newPage()
  await page.goto(`${(await studio.billing('ada')).billingPortalUrl}/ada`)
  await expectPage(page.getByText('Changes to Team on 1 May 2027.')).toBeVisible()
  await page.getByRole('button', { name: 'Keep this plan' }).click()
  await expectPage(page.getByText('Renews on 1 May 2027.')).toBeVisible()
  await studio.renew('ada')
  await page.reload()
  await expectPage(page.getByText('It is tried again on 4 May 2027')).toBeVisible()
  await expectPage(page.getByRole('row', { name: /Open/ })).toContainText('$199.00')
})

it('the billing portal says why something cannot be done, in words for a person', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { subscription } = await studio.server('ada').createSubscription({ priceSlug: 'trial_price' })
  await studio.node.subscriptions.cancel(subscription.id, {
    cancellation: { timing: 'at_end_of_current_billing_period' },
  })
  const { billingPortalUrl } = await studio.billing('ada')
  const answer = await fetch(`${billingPortalUrl}/ada/resume`, { method: 'POST' })
  expect([answer.status, await answer.text()]).toEqual([
    409,
    expect.stringContaining(
      'role="alert">Cannot uncancel paid subscription without an active payment method.',
    ),
  ])
})

it('the dashboard shows what happens as it happens, and its clock moves time', async () => {
  await using studio = await startStudio()
  await using browser = await aBrowser()
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(studio.url)
  await expectPage(page.getByText('Live', { exact: true })).toBeVisible()
  await studio.customer('ada')
  const customers = page.getByRole('region', { name: 'Customers' })
  await expectPage(customers.getByRole('link', { name: 'ada' })).toBeVisible()
  await studio.use('ada', 'render', 20)
  await expectPage(page.getByRole('region', { name: 'Ledger entries' })).toContainText('−20')
  await expectPage(page.getByRole('region', { name: 'Usage events' })).toContainText('render_extra')
  await customers.getByRole('link', { name: 'ada' }).click()
  await page.getByRole('button', { name: 'To their next renewal' }).click()
  await expectPage(page.getByRole('region', { name: 'Ledger entries' })).toContainText(
    'Unused credits expired',
  )
  await expectPage(page.getByRole('region', { name: 'Details' })).toContainText('85 of 85')
  expect(errors).toEqual([])
})

it("runs an application with @flowglad/react's provider unchanged", async () => {
  await using studio = await startStudio()
  await using application = await startApplication(studio.server)
  await using browser = await aBrowser()
  const page = await browser.newPage()
  await page.goto(application.url)
  const shown = (name: string) => page.getByTestId(name)
  await expectPage(shown('plan')).toHaveText('Hobby Subscription')
  await expectPage(shown('plans')).toHaveText('Agency, Hobby, Render pack, Team, Trial, Weekly')
  await expectPage(shown('render')).toHaveText('85')
  await page.getByRole('button', { name: 'Use' }).click()
  await expectPage(shown('render')).toHaveText('80')
  await expectPage(shown('watermark')).toHaveText('shown')

  await page.getByRole('button', { name: 'Upgrade' }).click()
  await page.getByRole('button', { name: 'Pay $49.00' }).click()
  await expectPage(page).toHaveURL(application.url)
  await expectPage(shown('plan')).toHaveText('Team - Team')
  await expectPage(shown('render')).toHaveText('600')
  await expectPage(shown('watermark')).toHaveText('none')

  await page.getByRole('button', { name: 'More seats' }).click()
  await expectPage(shown('plan')).toHaveText('Team')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expectPage(shown('status')).toHaveText('cancellation_scheduled')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expectPage(shown('status')).toHaveText('active')
})
