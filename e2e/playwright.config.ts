import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const executablePath = systemChromium()

export default defineConfig({
  // Files run in alphabetical order, so the long tests in tests/api start first.
  testDir: './tests',
  fullyParallel: true,
  // A small CI machine has two cores, but it can run a third worker, because tests spend much of their time
  // waiting.
  workers: 3,
  // If a test passes only on its second run, Playwright reports it as flaky. Treat a flaky test as a bug.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  // Tests wait for conditions instead of fixed times. The timeouts are long because the machine might be
  // busy.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Animations use CPU time. Tests that need animations turn them on.
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    trace: 'off', // doubles the work; use `--trace on` to investigate one test
    video: 'off', // needs Playwright's own ffmpeg
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      chromiumSandbox: false, // fails as root, in containers and in CI
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
