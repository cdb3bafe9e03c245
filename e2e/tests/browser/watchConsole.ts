import type { BrowserContext } from '@playwright/test'

/** Matches Chromium's messages about responses and broken connections that the tests cause on purpose. */
const alwaysExpected = [
  /Failed to load resource: the server responded with a status of (207|40\d|422|429|503)/,
  /net::ERR_(INTERNET_DISCONNECTED|CONNECTION|INCOMPLETE|ABORTED|NETWORK)/,
]

/** Collects uncaught exceptions and unexpected errors and warnings from all of a browser's pages. */
export function watchConsole(
  context: BrowserContext,
  { errors, expected }: { errors: string[]; expected: RegExp[] },
) {
  const patterns = [...alwaysExpected, ...expected]
  context.on('weberror', (error) => errors.push(String(error.error())))
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    if (patterns.some((pattern) => pattern.test(message.text()))) return
    errors.push(`${message.type()}: ${message.text()} (${message.page()?.url()})`)
  })
}
