import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Servers are cheap, importing is not: files share a module graph. Nothing in it keeps state.
  // Many tests wait for a browser or another process, so every core gets a worker.
  test: { isolate: false, maxWorkers: '100%', testTimeout: 60_000, include: ['test/**/*.test.ts'] },
  // Inlined, libsql would not find its binary.
  ssr: { external: ['libsql'], noExternal: true },
  build: {
    target: 'node20',
  },
})
