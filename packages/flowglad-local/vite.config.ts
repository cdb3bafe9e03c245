import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Starting servers is fast and importing modules is slow, so files share a module graph.
  // Nothing in the graph keeps state. Many tests wait for a browser or another process, so every core gets
  // a worker.
  test: { isolate: false, maxWorkers: '100%', testTimeout: 60_000, include: ['test/**/*.test.ts'] },
  // libsql can't find its binary when it is inlined.
  ssr: { external: ['libsql'], noExternal: true },
  build: {
    target: 'node20',
  },
})
