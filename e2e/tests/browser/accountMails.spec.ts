// These tests run `pnpm dev`, whose emails arrive at /dev/mailbox.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { startDev } from '../../stack/startDev.ts'
import { appOn } from './app.ts'
import { texts } from './texts.ts'

test.describe.configure({ mode: 'serial' })

/** How long `dev` can take to start. The first start compiles all code, which is slow on a busy machine. */
const startMs = 120_000

let folder: string
let dev: Awaited<ReturnType<typeof startDev>>

test.beforeAll(async () => {
  test.setTimeout(startMs + 30_000)
  folder = await mkdtemp(join(tmpdir(), 'metered-mails-'))
  dev = await startDev(['--data', folder], { SIGNUP_VERIFICATION: 'on' })
  await expect.poll(() => dev.output(), { timeout: startMs }).toContain('Metered is running.')
})

test.afterAll(async () => {
  await dev[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const ada = { email: 'ada@studio.example', password: 'a long password' }

/** Opens the link in the newest email. */
async function openMail(page: Page, subject: string) {
  await page.goto(`${dev.webUrl}/dev/mailbox`)
  const mail = page.getByRole('article').filter({ hasText: subject }).first()
  await expect(mail).toContainText(`To ${ada.email}`)
  await mail.getByRole('link').click()
}

test('shows "Check your inbox" instead of balances until the address is verified', async ({
  page,
  browser,
}) => {
  const app = appOn(page)
  const requests: string[] = []
  page.on('request', (request) => requests.push(new URL(request.url()).pathname))
  await page.goto(`${dev.webUrl}/sign-up`)
  await expect(app.heading).toHaveText('Create your account', { timeout: 60_000 })
  await page.getByLabel('Name').fill('Ada Lovelace')
  await app.signIn(ada)

  await expect(app.heading).toHaveText('Check your inbox')
  await expect(page.getByText(ada.email)).toBeVisible()
  await expect(app.balance('generations')).toHaveCount(0)
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(app.status('We sent the email again.')).toBeVisible()
  for (const path of ['/usage', '/billing']) {
    await page.goto(dev.webUrl + path)
    await expect(app.heading).toHaveText('Check your inbox')
  }
  await page.goto(`${dev.webUrl}/pricing`)
  await expect(app.plan('pro_monthly').card).toContainText('Confirm your email address first')
  expect(requests.filter((path) => /^\/(trpc\/.*billing\.(?!plans)|api\/flowglad)/.test(path))).toEqual([])

  // The page detects that the link was opened in another browser.
  await page.goto(dev.webUrl)
  await expect(app.heading).toHaveText('Check your inbox')
  const phone = await browser.newPage()
  await openMail(phone, 'Confirm your email address')
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('Your email address is confirmed')
  await phone.close()
  await app.expectBalance('generations', { left: 10, of: 10 })
  await expect(app.prompt).toBeVisible()
})

test('sets a new password with the email from "Forgot password?"', async ({ page }) => {
  const app = appOn(page)
  await page.goto(`${dev.webUrl}/sign-in`)
  await page.getByRole('link', { name: 'Forgot password?' }).click()
  await expect(app.heading).toHaveText('Forgot your password?')
  await app.email.fill(ada.email)
  await app.submitAccount.click()
  await expect(app.heading).toHaveText('Check your inbox')

  await openMail(page, 'Choose a new password')
  await expect(app.heading).toHaveText('Choose a new password')
  const link = page.url()
  await page.getByLabel('New password').fill('another long password')
  await app.submitAccount.click()
  await expect(page.getByText('Your password has been changed.')).toBeVisible()
  await app.signIn(ada)
  await expect(app.alert).toContainText("password don't match")
  await app.signIn({ ...ada, password: 'another long password' })
  await app.expectBalance('generations', { left: 10, of: 10 })

  // The link works only once.
  await page.goto(link)
  await page.getByLabel('New password').fill('a third long password')
  await app.submitAccount.click()
  await expect(app.alert).toContainText('already used')
})

test('shows an alert about a limit once in Studio, and sends it by email', async ({ page }) => {
  const app = appOn(page)
  await page.goto(`${dev.webUrl}/sign-in`)
  await app.signIn({ ...ada, password: 'another long password' })
  await app.expectBalance('generations', { left: 10, of: 10 })
  await app.goTo('Billing')
  await app.limit('generations').set(5)
  await expect(app.limit('generations').row).toContainText('0 of 5 used')
  await app.goTo('Studio')
  await app.makePictures('a mill', 4)
  const { notice, dismiss } = app.alertNotice
  await expect(notice).toContainText(texts.limitUsed(80, '5 pictures'))
  await app.goTo('Usage')
  await expect(notice).toContainText(texts.limitUsed(80, '5 pictures'))
  await dismiss.click()
  await expect(notice).toHaveCount(0)
  await page.reload()
  await app.goTo('Billing')
  await expect(app.alerts).toContainText([texts.limitUsed(80, '5 pictures')])
  await app.goTo('Studio')
  // The limit stops the call even though credits are left.
  await app.makePictures('a mill', 2)
  await expect(app.alert).toContainText(texts.limitExceeded('5 pictures'))
  await app.expectBalance('generations', { left: 6, of: 10 })
  await expect(notice).toHaveCount(0)

  await page.goto(`${dev.webUrl}/dev/mailbox`)
  const mails = page.getByRole('article').filter({ hasText: 'limit' })
  await expect(mails).toHaveCount(1)
  await expect(mails.getByRole('heading')).toHaveText(texts.limitUsed(80, '5 pictures'))
  await expect(mails).toContainText(`To ${ada.email}`)
  await expect(mails).toContainText('Hello Ada Lovelace,')
  await mails.getByRole('link').click()
  await expect(app.limit('generations').row).toContainText('4 of 5 used')
})
