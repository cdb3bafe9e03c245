import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'

/** Returns the path of the system's Chromium, or undefined if it isn't installed. */
function systemChromium(): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter))
    for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'])
      if (existsSync(join(directory, name))) return join(directory, name)
  return undefined
}

export async function launchBrowser() {
  const executablePath = systemChromium()
  const browser = await chromium.launch(executablePath ? { executablePath } : {})
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() })
}
