import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Importing modules is slower than starting servers, so test files share one stateless module graph. Many
  // tests wait for a browser or another process, so every core gets a worker. Only a test that hangs reaches
  // the timeout.
  test: { isolate: false, maxWorkers: '100%', testTimeout: 180_000, include: ['test/**/*.test.ts'] },
})
