// In these tests, the customer is a team. Its owner, Ben, limits what a member can use.
import { writeFile } from 'node:fs/promises'
import { test as base, expect, type Page } from '@playwright/test'
import { startTeam, type TeamApp } from '../../stack/startTeam.ts'
import { watchConsole } from './watchConsole.ts'

interface Fixtures {
  /** Opens the team's page in a new browser, with the member's session. Each test has its own team. */
  openAs: (member: 'ada' | 'ben') => Promise<TeamPage>
}

type TeamPage = ReturnType<typeof teamPageOn>

let app: TeamApp

const test = base.extend<Fixtures>({
  openAs: async ({ browser }, use, test) => {
    const opened: Page[] = []
    const errors: string[] = []
    await use(async (member) => {
      const page = await browser.newPage()
      opened.push(page)
      watchConsole(page.context(), { errors, expected: [] })
      await page.context().addCookies([{ name: 'session', value: `${member}.${test.testId}`, url: app.url }])
      await page.goto(app.url)
      return teamPageOn(page)
    })
    for (const page of opened) await page.close()
    if (test.status !== test.expectedStatus) {
      for (const [name, log] of Object.entries(app.logs()))
        await writeFile(test.outputPath(`${name}.log`), log)
    }
    expect(errors).toEqual([])
  },
})

// Run these tests in one worker, so that they share the app.
test.describe.configure({ mode: 'default' })

test.beforeAll(async () => {
  test.setTimeout(120_000)
  app = await startTeam()
})

test.afterAll(() => app[Symbol.asyncDispose]())

test('one member’s cap leaves the other members alone', async ({ openAs }, { testId: team }) => {
  const [ada, ben] = await Promise.all([openAs('ada'), openAs('ben')])
  await ben.setCap('ada', 2)
  await expect(ada.caps).toHaveText(['ada: 0 of 2'])

  for (const left of [9, 8]) {
    await ada.makePicture.click()
    await expect(ada.left).toHaveText(`${left} of 10`)
    await expect(ben.left).toHaveText(`${left} of 10`)
  }
  await ada.makePicture.click()
  await expect(ada.alert).toHaveText(`ada has used 2 of 2 pictures. Resets on ${firstOfNextMonth()}.`)

  await ben.makePicture.click()
  await expect(ben.result).toHaveText('A picture for ben')
  await expect(ben.alert).toHaveCount(0)
  for (const page of [ada, ben]) {
    await expect(page.left).toHaveText('7 of 10')
    await expect(page.caps).toHaveText(['ada: 2 of 2'])
    await expect(page.usage).toHaveText(['ada: 2', 'ben: 1'])
  }
  await expect.poll(() => app.records.used({ id: team })).toEqual({ generations: 3 })
})

test('lets a capped member continue without a reload when the owner raises the cap', async ({ openAs }) => {
  const [ada, ben] = await Promise.all([openAs('ada'), openAs('ben')])
  await ben.setCap('ada', 1)
  await expect(ada.caps).toHaveText(['ada: 0 of 1'])
  await ada.makePicture.click()
  await expect(ada.caps).toHaveText(['ada: 1 of 1'])
  await ada.makePicture.click()
  await expect(ada.alert).toContainText('ada has used 1 of 1 pictures')

  await ben.setCap('ada', 2)
  await expect(ada.caps).toHaveText(['ada: 1 of 2'])
  await ada.makePicture.click()
  await expect(ada.caps).toHaveText(['ada: 2 of 2'])
  await expect(ada.alert).toHaveCount(0)
})

/** Returns the elements that a member sees, and the actions that a member takes. */
function teamPageOn(page: Page) {
  const list = (name: string) => page.getByRole('list', { name }).getByRole('listitem')
  return {
    left: page.getByLabel('Pictures left'),
    caps: list('Caps'),
    usage: list('Used by'),
    makePicture: page.getByRole('button', { name: 'Make a picture' }),
    result: page.getByText(/^A picture for/),
    alert: page.getByRole('alert'),
    async setCap(member: string, limit: number) {
      await page.getByLabel('Member').fill(member)
      await page.getByLabel('Pictures a month').fill(String(limit))
      await page.getByRole('button', { name: 'Set cap' }).click()
    },
  }
}

function firstOfNextMonth() {
  const now = new Date()
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1))
  return next.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' })
}
