import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Servers are cheap, importing is not: files share a module graph. Nothing in it keeps state.
  test: { isolate: false, testTimeout: 60_000, include: ['test/**/*.test.ts'] },
  // Inlined, libsql would not find its binary.
  ssr: { external: ['libsql'], noExternal: true },
  build: {
    target: 'node20',
  },
})
