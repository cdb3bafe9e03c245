// These tests run `pnpm dev` with its data and its pricing file in a temporary folder.
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { startDev } from '../../stack/startDev.ts'
import { repository } from '../../stack/startProcess.ts'
import { appOn } from './app.ts'

test.describe.configure({ mode: 'serial' })

/** How long `dev` can take to start. The first start compiles all code, which is slow on a busy machine. */
const startMs = 120_000

let folder: string
let pricingFile: string
let dev: Awaited<ReturnType<typeof startDev>>

test.beforeAll(async () => {
  test.setTimeout(startMs + 30_000)
  folder = await mkdtemp(join(tmpdir(), 'metered-dev-'))
  pricingFile = join(folder, 'pricing.yaml')
  await copyFile(join(repository, 'apps/server/pricing.yaml'), pricingFile)
  for (const name of ['metered.sqlite', 'metered.sqlite-wal', 'notes.txt'])
    await writeFile(join(folder, name), '')
  dev = await startDev(['--reset', '--data', folder], { FLOWGLAD_LOCAL_PRICING: pricingFile })
  await expect.poll(() => dev.output(), { timeout: startMs }).toContain('Metered is running.')
})

test.afterAll(async () => {
  await dev[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('lists exactly the files that `dev --reset` deleted', async () => {
  const file = (name: string) => join(folder, name)
  expect(dev.output()).toContain(
    `Deleted accounts, pictures and the ledger: ${file('metered.sqlite')}, ${file('metered.sqlite-wal')}\nStarting`,
  )
  expect(await readdir(folder)).toContain('notes.txt')
})

test('prints a link to the sign-up form and commands that work without pnpm', async ({ page }) => {
  const [, link = ''] = /Sign up +(http\S+)/.exec(dev.output()) ?? []
  await page.goto(link)
  await expect(page.getByRole('heading', { name: 'Create your account' })).toBeVisible({ timeout: 60_000 })
  await page.getByLabel('Name').fill('Ada Lovelace')
  await appOn(page).signIn({ email: 'ada@studio.example', password: 'a long password' })
  await expect(page).toHaveURL(new URL('/', link).href)

  const commands = dev.output().match(/.*\bpnpm\b.*/g) ?? []
  expect(commands).toEqual([expect.stringMatching(/ npx -y pnpm@12 dev --data \S+ --reset /)])
})

test('refuses to reset data that another instance is using, even on other ports', async ({ page }) => {
  const second = await startDev(['--reset', '--data', folder], { FLOWGLAD_LOCAL_PRICING: pricingFile })
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain('open, probably another instance of dev. Press Ctrl-C')
  expect(second.output()).toContain('Nothing was deleted.')

  const answer = await page.request.post(`${dev.serverUrl}/api/auth/sign-in/email`, {
    data: { email: 'ada@studio.example', password: 'a long password' },
  })
  expect(answer.status()).toBe(200)
})

test('shows a mistake in pricing.yaml and keeps running with the last valid version', async ({ request }) => {
  const proPrice = async () => {
    const answer = await request.get(`${dev.flowgladUrl}/api/v1/pricing-models/default`, {
      headers: { authorization: 'sk_test_local' },
    })
    const { pricingModel } = await answer.json()
    return pricingModel.products.find((product: { slug: string }) => product.slug === 'pro').defaultPrice
      .unitPrice
  }
  const valid = await readFile(pricingFile, 'utf8')
  expect(await proPrice()).toBe(2000)

  await writeFile(pricingFile, valid.replace('unitPrice: 2000', 'unitPrice: twenty'))
  const line = valid.slice(0, valid.indexOf('unitPrice: 2000')).split('\n').length
  await expect
    .poll(() => dev.output())
    .toContain(`${pricingFile}:${line}: products.1.price.unitPrice: must be a number, not "twenty"\n`)
  expect(dev.output()).toContain('Fix the file and save it.')
  expect(await proPrice()).toBe(2000)

  await writeFile(pricingFile, valid.replace('unitPrice: 2000', 'unitPrice: 2500'))
  await expect.poll(proPrice).toBe(2500)
})
