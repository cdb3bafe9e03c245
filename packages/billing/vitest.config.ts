import { createRequire } from 'node:module'
import type { Plugin } from 'vite'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const require = createRequire(import.meta.url)

const versionOfTrpc = (importer: string): string =>
  createRequire(importer)('@trpc/server/package.json').version

/** Runs the version tests with the tRPC packages that the given package depends on. */
function onTrpcOf(manifest: string): TestProjectInlineConfiguration {
  const importer = require.resolve(manifest)
  const version = versionOfTrpc(importer)
  const plugin: Plugin = {
    name: 'trpc-version',
    enforce: 'pre',
    resolveId(id, _, options) {
      return id.startsWith('@trpc/') ? this.resolve(id, importer, { ...options, skipSelf: true }) : null
    },
  }
  return {
    extends: true,
    plugins: [plugin],
    test: {
      name: `trpc ${version}`,
      include: ['test/*/versions/**/*.test.ts'],
      env: { TRPC_VERSION: version },
    },
  }
}

export default defineConfig({
  test: {
    // One worker per core doesn't overload the machine, because many tests wait for processes and timers.
    maxWorkers: '100%',
    // Importing the modules takes longer than most of these tests, so the test files of a worker share the imported
    // modules. No module keeps state that could leak from one test to another.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'ledger',
          include: ['test/ledger/**/*.test.ts'],
          globalSetup: ['test/ledger/globalSetup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'billing',
          include: ['test/**/*.test.ts'],
          exclude: ['test/ledger/**'],
          env: { TRPC_VERSION: versionOfTrpc(import.meta.url) },
        },
      },
      onTrpcOf('trpc-oldest/package.json'),
      onTrpcOf('trpc-newest/package.json'),
    ],
    // The timeouts are long, because tests poll until a condition holds, which takes longer on a busy machine.
    hookTimeout: 120_000,
    testTimeout: 180_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
