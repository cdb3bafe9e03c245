import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium } from '@playwright/test'
import { startPostgres } from 'test-postgres'
import { systemChromium } from '../chromium.ts'
import { flowgladRecords } from '../stack/flowgladRecords.ts'
import { freePort } from '../stack/startProcess.ts'
import type { StrangerApp } from './apps.ts'
import { checkApp, checkWebhook } from './checkApp.ts'
import { runCommand, startCommand } from './startCommand.ts'

interface RunOptions {
  app: StrangerApp
  /** The folder with the installed app. */
  folder: string
  /** The environment for all commands. */
  env: Record<string, string>
  /** Prints the name of the current step. */
  report(step: string): void
}

/** Builds an installed app, starts the app and flowglad-local, and tests the app in a browser. */
export async function runApp({ app, folder: cwd, env, report }: RunOptions): Promise<void> {
  report('building')
  await runCommand('npm', ['run', 'build'], { cwd, env })
  const ledgers = (await readdir(cwd)).filter((file) => /\.db\b/.test(file))
  if (ledgers.length > 0)
    throw new Error(`The build created ${ledgers.join(' and ')}. A build must not create a ledger.`)

  report('starting')
  const url = `http://127.0.0.1:${await freePort()}`
  await using flowglad = await startFlowglad({ cwd, env, appUrl: url })
  await using postgres = app.needsPostgres ? await startPostgres() : null
  await using server = await startCommand('npm', ['start'], {
    cwd,
    env: {
      ...env,
      ...flowglad.env,
      ...(postgres && { DATABASE_URL: await postgres.createDatabase() }),
      PORT: new URL(url).port,
      PUBLIC_URL: url,
    },
    isReady: () => answers(url),
  })
  await using browser = await startBrowser()
  try {
    const test = { browser, url, flowglad: flowglad.records, report }
    await checkApp(test, app.transportOf)
    await checkWebhook(test)
    await app.checkFeatures?.(test)
  } catch (error) {
    throw new Error(
      [
        error instanceof Error ? error.message : String(error),
        `The pages show:\n${(await contentOf(browser)).join('\n---\n')}`,
        `The app printed:\n${server.output()}`,
        `flowglad-local printed:\n${flowglad.output()}`,
      ].join('\n\n'),
    )
  }
}

/** Starts flowglad-local for the app. The returned `env` connects the app to flowglad-local. */
async function startFlowglad({
  cwd,
  env,
  appUrl,
}: {
  cwd: string
  env: Record<string, string>
  appUrl: string
}) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const key = 'sk_test_local'
  const webhookSecret = `whsec_${Buffer.from('a secret of this test').toString('base64')}`
  const command = await startCommand(
    join(cwd, 'node_modules/.bin/flowglad-local'),
    [
      ...['--pricing', join(import.meta.dirname, 'pricing.yaml'), '--port', String(port), '--key', key],
      ...['--webhook-url', `${appUrl}/api/webhooks/flowglad`, '--webhook-secret', webhookSecret],
    ],
    { cwd, env, isReady: () => answers(url) },
  )
  return {
    ...command,
    records: flowgladRecords({ url, key }),
    env: { FLOWGLAD_BASE_URL: url, FLOWGLAD_SECRET_KEY: key, FLOWGLAD_WEBHOOK_SECRET: webhookSecret },
  }
}

function startBrowser() {
  const executablePath = systemChromium()
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), chromiumSandbox: false })
}

/** Returns the accessibility tree of each open page. */
const contentOf = (browser: Browser) =>
  Promise.all(
    browser
      .contexts()
      .flatMap((context) => context.pages())
      .map((page) => page.locator('body').ariaSnapshot()),
  )

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
