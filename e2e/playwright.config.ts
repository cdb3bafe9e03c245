import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const executablePath = systemChromium()

export default defineConfig({
  // In the order of their names: the longest come first, tests/api, whose processes have to start, die and come back.
  testDir: './tests',
  fullyParallel: true,
  // More than two cores have, since much of a test is waiting.
  workers: 3,
  // A second look, where machines are shared; a test that needs it is reported as flaky, and is a bug to be found.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  // Generous, for machines that do other things as well: nothing here waits for a time to pass.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Nobody looks: sixty frames a second of what moves would be drawn for nothing. Tests of what moves ask for it.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    trace: 'off', // doubles the work: `--trace on` for a test to look into
    video: 'off', // needs Playwright's own ffmpeg
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      chromiumSandbox: false, // as root, in containers and CI
      args: [
        '--disable-quic',
        '--disable-component-update',
        '--disable-sync',
        '--disable-background-networking',
      ],
    },
  },
})
