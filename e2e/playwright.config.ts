import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const executablePath = systemChromium()

export default defineConfig({
  // Files run in alphabetical order, so the long tests in tests/api start first.
  testDir: './tests',
  fullyParallel: true,
  // Even a CI machine with two cores can run three workers, because tests spend much of their time waiting.
  workers: 3,
  // Playwright reports a test as flaky if it passes only on its second run. Treat a flaky test as a bug.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  // Tests wait for conditions, not for fixed times. The timeouts are long enough for a busy machine.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Turn animations off, because they use CPU time. Tests that need animations turn them on.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    // Tracing doubles the work of each test. To investigate one test, use `--trace on`.
    trace: 'off',
    // Videos need Playwright's own ffmpeg.
    video: 'off',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // Chromium's sandbox doesn't work as root, in containers or in CI.
      chromiumSandbox: false,
      args: [
        '--disable-quic',
        '--disable-gpu',
        '--disable-component-update',
        '--disable-sync',
        '--disable-background-networking',
      ],
    },
  },
})
