import { expect as expectInBrowser } from '@playwright/test'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApplication } from './application.ts'
import { launchBrowser } from './browser.ts'
import { cards, pay, type Studio, startStudio } from './studio.ts'

// On a busy machine, a page can need longer than Playwright's default of 5 seconds.
const expectPage = expectInBrowser.configure({ timeout: 60_000 })

let browser: Awaited<ReturnType<typeof launchBrowser>>
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** Returns the address of a page on which ada saves a card. */
async function pageThatSavesCard(studio: Studio): Promise<string> {
  const { url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: 'ada',
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  return url
}

it('completes a checkout without JavaScript after a declined card and a confirmation', async () => {
  await using studio = await startStudio()
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
  await using page = await browser.newPage({ javaScriptEnabled: false })
  await page.goto(url)
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('Team')
  await page.getByLabel('Card number').fill(cards.declined)
  await page.getByRole('button', { name: 'Pay $49.00' }).click()
  await expectPage(page.getByRole('alert')).toContainText('declined')
  await expectPage(page.getByLabel('Card number')).toHaveAccessibleDescription(/declined/)
  await page.getByRole('button', { name: /asks you to confirm/ }).click()
  await page.getByRole('button', { name: 'Confirm $49.00' }).click()
  await expectPage(page).toHaveURL(String(checkoutSession.successUrl))
  await expectPage(page.locator('.plan', { hasText: /^Team$/ })).toBeVisible()
  await page.goto(url)
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('This checkout is complete')
})

it('returns to the application and charges nothing when the checkout is canceled', async () => {
  await using studio = await startStudio()
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
  await using page = await browser.newPage()
  await page.goto(url)
  await page.getByRole('link', { name: 'Cancel and go back' }).click()
  await expectPage(page).toHaveURL(String(checkoutSession.cancelUrl))
  expect((await studio.billing('ada')).invoices).toEqual([])
})

it('lets a customer cancel a plan, restore it and change the card in the billing portal', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { billingPortalUrl } = await studio.billing('ada')
  await using page = await browser.newPage()
  await page.goto(billingPortalUrl)
  await page.getByRole('link', { name: 'ada' }).click()
  await page.getByText('Cancel plan', { exact: true }).click()
  await expectPage(page.getByText('You will keep Team until')).toBeVisible()
  expect((await studio.plan('ada')).status).toBe('active')
  await page.getByRole('button', { name: 'Confirm cancellation' }).click()
  await expectPage(page.getByText('Cancellation scheduled')).toBeVisible()
  expect((await studio.plan('ada')).status).toBe('cancellation_scheduled')
  await page.getByRole('button', { name: 'Keep this plan' }).click()
  await expectPage(page.getByText('Cancel plan', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Change card' }).click()
  await page.getByRole('button', { name: /^Save 4000.* is accepted, but declines renewals$/ }).click()
  await expectPage(page.getByText('•••• 0341')).toBeVisible()
  expect((await studio.plan('ada')).status).toBe('active')
})

it('shows the saved card after the paid plan has ended', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  await studio.renew('ada')
  expect((await studio.plan('ada')).isFreePlan).toBe(true)
  const page = await (await fetch(`${(await studio.billing('ada')).billingPortalUrl}/ada`)).text()
  expect(page).toContain('•••• 4242')
  expect(page).not.toContain('No card saved')
})

it('hides a saved card if the paid plan does not charge it', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const url = await pageThatSavesCard(studio)
  await pay(url)
  await studio.node.subscriptions.create({ customerExternalId: 'ada', priceSlug: 'team_price' })
  const page = await (await fetch(`${(await studio.billing('ada')).billingPortalUrl}/ada`)).text()
  expect(page).toContain('No card is set up for Team.')
  expect(page).not.toContain('•••• 4242')
})

it('shows the same plan name in the billing portal as at the checkout, before and after a renewal', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price', { quantity: 2 })
  const address = `${(await studio.billing('ada')).billingPortalUrl}/ada`
  const plan = async () => /class="plan">([^<]*)</.exec(await (await fetch(address)).text())?.[1]
  expect(await plan()).toBe('Team × 2')
  await studio.renew('ada')
  expect(await plan()).toBe('Team × 2')
})

it('links from an unsuccessful search in the billing portal to the list of all customers', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { billingPortalUrl } = await studio.billing('ada')
  await using page = await browser.newPage()
  await page.goto(`${billingPortalUrl}?find=none`)
  await page.getByRole('link', { name: 'All customers' }).click()
  await expectPage(page.getByRole('link', { name: 'ada' })).toBeVisible()
})

it('mentions no payment on the page that saves a card', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const url = await pageThatSavesCard(studio)
  const page = await (await fetch(url)).text()
  expect(page).toContain('is accepted and pays every renewal')
  expect(page).not.toMatch(/this payment|the payment/)
  const unconfirmed = await pay(url, cards.asks, { confirmed: 'no' })
  expect(await unconfirmed.text()).toContain('You didn&#39;t confirm the card. Nothing was charged.')
})

it('shows scheduled changes and failed payments in the billing portal', async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'agency_price', { card: cards.failsLater })
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price', quantity: 2 }] },
  })
  await using page = await browser.newPage()
  await page.goto(`${(await studio.billing('ada')).billingPortalUrl}/ada`)
  await expectPage(page.getByText('Changes to Team × 2 ($98.00 per month) on 1 May 2027.')).toBeVisible()
  await page.getByRole('button', { name: 'Keep this plan' }).click()
  await expectPage(page.getByText('Renews on 1 May 2027.')).toBeVisible()
  await studio.renew('ada')
  await page.reload()
  await expectPage(page.getByText('We will try again on 4 May 2027')).toBeVisible()
  await expectPage(page.getByRole('row', { name: /Open/ })).toContainText('$199.00')
  await page.getByText('Cancel plan', { exact: true }).click()
  await page.getByRole('button', { name: 'Confirm cancellation' }).click()
  await page.getByRole('button', { name: 'Keep this plan' }).click()
  await expectPage(page.getByText('The last payment of $199.00 failed. Return to the app')).toBeVisible()
})

it("shows the price of extra usage and the lifetime of a pack's credits at the checkout", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const pageOf = async (price: string) => (await fetch((await studio.checkout('ada', price)).url)).text()
  const rate = '$0.30 per 7 render minutes, or part of 7'
  expect(await pageOf('team_price')).toContain(rate)
  const pack = await pageOf('render_pack')
  expect(pack).toContain('You keep them until your plan ends')
  expect(pack).not.toContain(rate)
})

it("says at a pack's checkout when a canceled plan and the pack's credits will end", async () => {
  await using studio = await startStudio({ clock: () => Date.UTC(2027, 3, 1) })
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  const page = await (await fetch((await studio.checkout('ada', 'render_pack')).url)).text()
  expect(page).toContain('You keep them until your plan ends on 1 May 2027.')
})

it('mentions purchased credits before a cancellation or an upgrade only if the customer has some', async () => {
  await using studio = await startStudio()
  const checkout = async (name: string) =>
    (await fetch((await studio.checkout(name, 'team_price')).url)).text()
  const portal = async (name: string) =>
    (await fetch(`${(await studio.billing(name)).billingPortalUrl}/${name}`)).text()
  const purchased = /purchased credits/i
  for (const name of ['ada', 'grace']) await studio.customer(name)
  await (await studio.checkout('grace', 'render_pack')).pay()
  expect(await checkout('ada')).toContain('Its remaining credits will end today.')
  expect(await checkout('ada')).not.toMatch(purchased)
  expect(await checkout('grace')).toContain(
    'Its remaining credits will end today, including purchased credits.',
  )

  for (const name of ['ada', 'grace']) await studio.subscribe(name, 'team_price')
  await (await studio.checkout('grace', 'render_pack')).pay()
  expect(await portal('ada')).not.toMatch(purchased)
  expect(await portal('grace')).toContain('Purchased credits will end with the plan.')
})

it('explains a rejected action in the billing portal', async () => {
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
  // Nothing is due during a trial.
  expect(await (await fetch(`${billingPortalUrl}/ada`)).text()).not.toContain('failed')
})

it('updates the dashboard live, even when the clock moves', async () => {
  await using studio = await startStudio()
  await using page = await browser.newPage()
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
  await page.getByRole('button', { name: "To this customer's next renewal" }).click()
  await expectPage(page.getByRole('region', { name: 'Ledger entries' })).toContainText(
    'Unused credits expired',
  )
  await expectPage(page.getByRole('region', { name: 'Details' })).toContainText('0 of 85 used')
  expect(errors).toEqual([])
})

it('keeps the keyboard focus when the dashboard updates', async () => {
  let now = Date.UTC(2027, 0, 31)
  await using studio = await startStudio({ clock: () => now })
  await studio.customer('ada')
  await using page = await browser.newPage()
  await page.goto(studio.url)
  await expectPage(page.getByText('Live', { exact: true })).toBeVisible()
  const ada = page.getByRole('region', { name: 'Customers' }).getByRole('link', { name: 'ada' })
  await ada.focus()
  await studio.customer('grace')
  await expectPage(page.getByRole('link', { name: 'grace' }).first()).toBeVisible()
  await expectPage(ada).toBeFocused()
  now += 5000
  await expectPage(page.getByText('31 Jan 2027, 00:00:05 UTC')).toBeVisible()
})

it('finds a customer that is not among the 40 listed and shows the total number of customers', async () => {
  await using studio = await startStudio()
  for (let i = 0; i < 45; i++) await studio.customer(`customer-${i}`)
  await studio.use('customer-0', 'render', 5)
  await using page = await browser.newPage({ javaScriptEnabled: false })
  await page.goto(studio.url)
  const customers = page.getByRole('region', { name: 'Customers' })
  await expectPage(customers).toContainText('The newest 40 of 45')
  await customers.getByRole('searchbox').fill('CUSTOMER-0')
  await customers.getByRole('searchbox').press('Enter')
  await expectPage(customers.getByRole('link', { name: /^customer-/ })).toHaveText(['customer-0'])
  await customers.getByRole('searchbox').fill('nobody')
  await customers.getByRole('button', { name: 'Find' }).click()
  await expectPage(customers).toContainText('No customer matches “nobody”.')
  await page.getByRole('region', { name: 'Usage events' }).getByRole('link', { name: 'customer-0' }).click()
  await expectPage(page).toHaveTitle('customer-0 · flowglad-local')
  await expectPage(customers).toContainText('customer-0')
  const gone = await page.goto(`${studio.url}/?customer=nobody`)
  expect(gone?.status()).toBe(404)
  await expectPage(page.getByRole('alert')).toHaveText('Customer “nobody” not found.')
  await page.getByRole('link', { name: 'Billing portal' }).click()
  await page.getByRole('searchbox').fill('customer-44')
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('link', { name: 'customer-44' }).click()
  await expectPage(page.getByRole('heading', { level: 1 })).toHaveText('Billing')
})

it('keeps all entered values except an unknown card number when it shows an error', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url } = await studio.checkout('ada', 'team_price')
  await using page = await browser.newPage()
  await page.goto(url)
  await page.getByLabel('Email').fill('countess@studio.example')
  await page.getByLabel('Name on card').fill(' ')
  await page.getByRole('button', { name: 'Pay $49.00' }).click()
  await expectPage(page.getByLabel('Name on card')).toBeFocused()
  await expectPage(page.getByLabel('Name on card')).toHaveAccessibleDescription('Enter the name on the card.')
  await expectPage(page.getByLabel('Email')).toHaveValue('countess@studio.example')
  await page.getByLabel('Name on card').fill('Ada')
  await page.getByLabel('Card number').fill('5555 5555 5555 4444')
  await page.getByRole('button', { name: 'Pay $49.00' }).click()
  await expectPage(page.getByRole('alert')).toContainText('We have not saved the number you entered.')
  expect(await page.content()).not.toContain('5555')
})

it("runs an application that uses @flowglad/react's own provider", async () => {
  await using studio = await startStudio()
  await using application = await startApplication(studio.server)
  await using page = await browser.newPage()
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
