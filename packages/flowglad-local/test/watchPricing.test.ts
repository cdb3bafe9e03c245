import { pbkdf2 } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { Flowglad } from '@flowglad/node'
import { expect, it } from 'vitest'
import { PricingError } from '../src/index.ts'
import { watchPricing } from '../src/watchPricing.ts'
import { createDirectory, startProcess } from './process.ts'
import { startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

const patience = { timeout: 30_000, interval: 50 }
const pricing = JSON.stringify(studioPricing, null, 2)
const withTeamPrice = (cents: string) => pricing.replace('"unitPrice": 4900', `"unitPrice": ${cents}`)
const lineOfTeamPrice = pricing.slice(0, pricing.indexOf('"unitPrice": 4900')).split('\n').length

async function teamPrice(url: string): Promise<number | undefined> {
  const node = new Flowglad({ baseURL: url, apiKey: 'sk_test_local', maxRetries: 0 })
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  return pricingModel.products.find(({ slug }) => slug === 'team')?.defaultPrice?.unitPrice
}

it('applies an edit to the pricing file without a restart', async () => {
  await using directory = await createDirectory()
  await using running = await startProcess(directory.path)
  expect(await teamPrice(running.url)).toBe(4900)
  await writeFile(directory.file('pricing.yaml'), withTeamPrice('5500'))
  await expect.poll(() => teamPrice(running.url), patience).toBe(5500)
  // Many editors save by writing a new file and renaming it over the old one.
  await writeFile(directory.file('saved.yaml'), withTeamPrice('5600'))
  await rename(directory.file('saved.yaml'), directory.file('pricing.yaml'))
  await expect.poll(() => teamPrice(running.url), patience).toBe(5600)
})

it('applies an edit that is saved immediately after the start', async () => {
  await using directory = await createDirectory()
  const file = directory.file('pricing.yaml')
  writeFileSync(file, 'before')
  const applied: string[] = []
  const apply = (content: string) => applied.push(content)
  // Keep all four threads of Node's pool busy. An asynchronous read of the file would therefore happen only
  // after the edit.
  for (let thread = 0; thread < 4; thread++) pbkdf2('password', 'salt', 200_000, 32, 'sha512', () => {})
  const unwatch = watchPricing({ file, current: 'before', apply, report: () => {} })
  writeFileSync(file, 'after')
  await expect.poll(() => applied, patience).toEqual(['after'])
  unwatch()
})

it('prints the line number of a mistake and keeps the last valid version until the mistake is fixed', async () => {
  await using directory = await createDirectory()
  await using running = await startProcess(directory.path)
  await writeFile(directory.file('pricing.yaml'), withTeamPrice('5500'))
  await expect.poll(() => teamPrice(running.url), patience).toBe(5500)

  await writeFile(directory.file('pricing.yaml'), withTeamPrice('"a lot"'))
  await expect
    .poll(() => running.errors(), patience)
    .toMatch(
      new RegExp(
        `^pricing\\.yaml:${lineOfTeamPrice}: products\\.\\d\\.price\\.unitPrice: must be a number, not "a lot"\\n` +
          'The server keeps the last valid version\\. Fix the file and save it\\. ',
        'm',
      ),
    )
  await rm(directory.file('pricing.yaml'))
  await expect.poll(() => running.errors(), patience).toContain('Cannot read the pricing file: ENOENT')
  expect(await teamPrice(running.url)).toBe(5500)

  await writeFile(directory.file('pricing.yaml'), withTeamPrice('5600'))
  await expect.poll(() => teamPrice(running.url), patience).toBe(5600)
})

it('starts with the last valid version in the database if the pricing file has a mistake', async () => {
  await using directory = await createDirectory()
  const args = ['--db', directory.file('flowglad.db')]
  await (await startProcess(directory.path, { args })).kill()
  await writeFile(directory.file('pricing.yaml'), withTeamPrice('"a lot"'))
  await using running = await startProcess(directory.path, { args })
  expect(await teamPrice(running.url)).toBe(4900)
  expect(running.errors()).toContain(`pricing.yaml:${lineOfTeamPrice}: `)
  await writeFile(directory.file('pricing.yaml'), withTeamPrice('5500'))
  await expect.poll(() => teamPrice(running.url), patience).toBe(5500)
})

it('changes nothing when the new pricing is invalid', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const plan = await studio.subscribe('ada', 'team_price')
  expect(() => studio.updatePricing(withTeamPrice('"a lot"'))).toThrow(PricingError)
  expect(await teamPrice(studio.url)).toBe(4900)
  studio.updatePricing(withTeamPrice('5500'))
  expect(await teamPrice(studio.url)).toBe(5500)
  expect((await studio.plan('ada')).subscriptionItems).toMatchObject([{ unitPrice: 4900 }])
  expect((await studio.plan('ada')).id).toBe(plan.id)
})
