// Who is here: sessions that end, and people who share a browser.
import { randomUUID } from 'node:crypto'
import { expect, signUp, spendGenerations, test } from '../fixtures.ts'
import { noteTexts, studio } from './studio.ts'

test('after signing out nothing of the previous user is left, on the screen or in the browser', async ({
  page,
  stack,
  openBrowser,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await at.make('a secret garden', 3)
  await expect(at.pictures).toHaveCount(3)
  for (const screen of ['Usage', 'Billing', 'Plans', 'Studio'] as const) await at.go(screen)
  await at.prompt.fill('half a thought of the first user')
  const texts = await noteTexts(page, 'body')
  await at.signOut()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  const before = (await texts()).length

  const somebodyElse = await openBrowser()
  const next = await signUp(somebodyElse.request, stack.url)
  await page.getByLabel('Email').fill(next.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(next.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  for (const screen of ['Usage', 'Billing', 'Plans', 'Studio'] as const) await at.go(screen)
  await expect(page.getByText('Bare walls, for now')).toBeVisible()
  await expect(at.prompt).toHaveValue('')

  const since = (await texts()).slice(before).join('\n')
  for (const trace of [customer.email, 'a secret garden', '7 of 10', '3 / 10', 'half a thought'])
    expect(since).not.toContain(trace)
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  for (const trace of [customer.email, customer.id, 'secret garden', 'half a thought'])
    expect(stored).not.toContain(trace)
})

test('signing out in one tab signs the others out', async ({ page, context, customer: _ }) => {
  const other = await context.newPage()
  await Promise.all([page.goto('/'), other.goto('/usage')])
  await expect(studio(other).balance('generations')).toContainText('10 of 10 left')
  await expect(other.getByRole('figure')).toHaveCount(3)
  // Without a network nobody is signed out, and it says so.
  await context.setOffline(true)
  await studio(page).signOut()
  await expect(studio(page).alert).toContainText('You are still signed in.')
  await context.setOffline(false)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  await other.bringToFront()
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Sign in')
})

test('a session that ends in the middle: refused in words, and after signing in the prompt is still there', async ({
  page,
  context,
  stack,
  customer,
}) => {
  await page.goto('/')
  const at = studio(page)
  await expect(at.balance('generations')).toHaveText('Generations10 of 10 left')
  await context.clearCookies()
  await at.make('a train of thought', 2)
  await expect(at.alert).toContainText('Your session has ended')
  await expect(at.alert).toContainText('Nothing was charged.')
  // The gallery may have noticed too, and offers the same.
  await at.alert.getByRole('button', { name: 'Sign in again' }).click()
  await page.getByLabel('Email').fill(customer.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(customer.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(at.prompt).toHaveValue('a train of thought')
  await at.generate.click()
  await expect(at.balance('generations')).toHaveText('Generations9 of 10 left')
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 1 })
})

test('a session that ended, found on a screen for everybody: signing in again leads back to it', async ({
  page,
  context,
  customer,
}) => {
  await page.goto('/pricing')
  const pro = page.getByTestId('plan-pro_monthly')
  await expect(pro.getByRole('button', { name: 'Upgrade to Pro' })).toBeVisible()
  await context.clearCookies()
  await pro.getByRole('button', { name: 'Upgrade to Pro' }).click()
  await expect(pro.getByRole('alert')).toContainText('Your session has ended. Nothing was changed')
  await pro.getByRole('button', { name: 'Sign in again' }).click()
  await page.getByLabel('Email').fill(customer.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(customer.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByTestId('plan-free')).toContainText('Your plan')
})

test('whoever is not signed in is led to sign in, and from there to where they wanted to go', async ({
  page,
  openBrowser,
  stack,
}) => {
  const other = await openBrowser()
  const customer = await signUp(other.request, stack.url)
  await page.goto('/usage')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  await page.getByLabel('Email').fill(customer.email)
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('Email and password do not match')
  await page.getByRole('textbox', { name: 'Password' }).fill(customer.password)
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('You are offline')
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Usage')
})

test('one person’s pictures are nobody else’s', async ({ page, openBrowser, stack, customer: _ }) => {
  await spendGenerations(page.request, stack.url, 1)
  await page.goto('/')
  const url = await studio(page).pictures.first().getAttribute('src')
  expect((await page.request.get(url ?? '')).status()).toBe(200)
  const other = await openBrowser()
  await signUp(other.request, stack.url)
  expect((await other.request.get(url ?? '')).status()).toBe(404)
  await other.goto('/')
  await expect(other.getByText('Bare walls, for now')).toBeVisible()
})

test('an email can be taken once', async ({ page, customer }) => {
  const email = customer.email
  await page.context().clearCookies()
  await page.goto('/sign-up')
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Email').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(randomUUID())
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('alert')).toContainText('There is already an account with this email.')
})
