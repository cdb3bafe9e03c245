import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.ts'

const executablePath = systemChromium()

export default defineConfig({
  // Files run in the order of their names, so the long ones in tests/api start first.
  testDir: './tests',
  fullyParallel: true,
  // One more than the two cores of a small CI machine, because much of a test is waiting.
  workers: 3,
  // Playwright reports a test that passes on the second run as flaky. Treat it as a bug.
  retries: process.env.CI ? 1 : 0,
  reporter: [['list']],
  // Every test waits for conditions, not for time. The timeouts are long because the machine may be busy
  // with other work.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Drawing animations costs CPU. Tests of animations turn them on.
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
