import { type Browser, type BrowserContext, expect as baseExpect, type Page } from '@playwright/test'
import type { FlowgladRecords } from '../stack/flowgladRecords.ts'
import { httpTransport, type Transport } from './transport.ts'

export const expect = baseExpect.configure({ timeout: 15_000 })

export interface AppUnderTest {
  browser: Browser
  /** The app's URL. */
  url: string
  flowglad: FlowgladRecords
  /** Prints the name of a finished step. */
  report(step: string): void
}

/** Tests an app as a customer with three free drawings and compares the screen with Flowglad's records. */
export async function checkApp(
  app: AppUnderTest,
  transportOf: (page: Page) => Promise<Transport> = httpTransport,
): Promise<void> {
  const { url, flowglad, report } = app
  const customer = { id: 'ada' }
  const context = await signIn(app, customer)
  const page = await context.newPage()
  const transport = await transportOf(page)
  const balanceIs = (left: number) => expect(page.getByText(`${left} drawings left`)).toBeVisible()

  await page.goto(url)
  await balanceIs(3)
  report('shows the balance')

  await draw(page, 'a cat')
  await expect(drawing(page, 'a cat')).toBeVisible()
  await balanceIs(2)
  await expectUsage(flowglad, customer, 1)
  report('charges for a call that succeeds and shows the new balance')

  await draw(page, 'something forbidden')
  await expect(problem(page)).toHaveText('This prompt breaks our rules.')
  await balanceIs(2)
  report('charges nothing for a call that fails')

  const sent = transport.keys().length
  transport.loseNextResponse()
  await draw(page, 'a bridge')
  await expect(drawing(page, 'a bridge')).toBeVisible()
  await balanceIs(1)
  const [key, ...retries] = transport.keys().slice(sent)
  expect(key).toMatch(/./)
  expect(retries).toEqual([key])
  report('charges once when a response is lost and the client retries')

  await draw(page, 'a boat')
  await balanceIs(0)
  await draw(page, 'a tree')
  await expectDenial(page)
  await expect(drawing(page, 'a tree')).toBeHidden()
  report('shows a typed denial when no credits are left')

  await expectUsage(flowglad, customer, 3)
  report('records one usage event at Flowglad for each charge')
  await context.close()
}

/** Checks that the app's webhook route rejects a webhook without a signature. */
export async function checkWebhook({ url, report }: AppUnderTest): Promise<void> {
  const response = await fetch(`${url}/api/webhooks/flowglad`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(401)
  report('rejects a webhook without a signature')
}

/** Opens a browser session in which the customer is signed in. */
export async function signIn(
  { browser, url }: AppUnderTest,
  { id }: { id: string },
): Promise<BrowserContext> {
  const context = await browser.newContext()
  await context.addCookies([{ name: 'user', value: id, url }])
  return context
}

/** Fills in and submits the form that all apps have. */
export async function draw(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('Prompt').fill(prompt)
  await page.getByRole('button', { name: 'Draw' }).click()
}

/** The app's error message. Next.js adds another alert to every page, but that alert isn't a `p`. */
const problem = (page: Page) => page.locator('p[role=alert]')

export const drawing = (page: Page, prompt: string) => page.getByText(`A drawing of ${prompt}`)

export async function expectDenial(page: Page): Promise<void> {
  await expect(problem(page)).toHaveText('Upgrade for more.')
  await expect(problem(page).getByRole('link')).toHaveAttribute('href', '/pricing')
}

/**
 * Waits until Flowglad has recorded this number of usage events for the customer and checks that each event
 * has one unit.
 */
export async function expectUsage(
  flowglad: FlowgladRecords,
  customer: { id: string },
  events: number,
): Promise<void> {
  await expect.poll(() => flowglad.transactions(customer), { timeout: 15_000 }).toHaveLength(events)
  expect(await flowglad.used(customer)).toEqual(events > 0 ? { drawings: events } : {})
}
