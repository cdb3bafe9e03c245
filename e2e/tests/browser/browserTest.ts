import type { Page } from '@playwright/test'
import { aCustomer } from '../customer.ts'
import { test as base } from '../test.ts'
import { type App, appOn } from './app.ts'
import { watchConsole } from './watchConsole.ts'

export { expect } from '@playwright/test'

interface Options {
  /**
   * The console errors and warnings that these tests expect. Errors about denied calls and broken connections are
   * always expected.
   */
  expectedConsoleErrors: RegExp[]
}

interface Fixtures {
  /** The web app in `page`, with the session of `customer`. */
  app: App
  /** The web app in `page`, without a session. */
  visitor: App
  /** Opens another tab of the same browser, with the same session. */
  openTab: () => Promise<App>
  /** Opens another browser without a session. */
  openBrowser: () => Promise<App>
  consoleErrors: string[]
}

/**
 * The base of all browser tests. A test fails if a page throws an uncaught exception or prints an unexpected
 * error or warning.
 */
export const test = base.extend<Fixtures & Options>({
  expectedConsoleErrors: [[], { option: true }],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from this pattern
  consoleErrors: async ({}, use) => {
    const consoleErrors: string[] = []
    await use(consoleErrors)
    if (consoleErrors.length > 0) throw new Error(`The browser printed errors:\n${consoleErrors.join('\n')}`)
  },

  context: async ({ context, consoleErrors, expectedConsoleErrors }, use) => {
    watchConsole(context, { errors: consoleErrors, expected: expectedConsoleErrors })
    await use(context)
  },

  baseURL: async ({ stack }, use) => use(stack.url),

  customer: async ({ page, stack }, use) => use(await aCustomer(page.request, stack)),

  app: async ({ page, customer: _ }, use) => use(appOn(page)),

  visitor: async ({ page }, use) => use(appOn(page)),

  openTab: async ({ context }, use) => use(async () => appOn(await context.newPage())),

  openBrowser: async ({ browser, consoleErrors, expectedConsoleErrors }, use) => {
    const opened: Page[] = []
    await use(async () => {
      const page = await browser.newPage()
      opened.push(page)
      watchConsole(page.context(), { errors: consoleErrors, expected: expectedConsoleErrors })
      return appOn(page)
    })
    for (const page of opened) await page.close()
  },
})
