import { createRequire } from 'node:module'
import type { Plugin } from 'vite'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const require = createRequire(import.meta.url)

/** Runs the tests with the React, TanStack Query and tRPC packages that the given package depends on. */
function onPeersOf(manifest: string): TestProjectInlineConfiguration {
  const importer = require.resolve(manifest)
  const versionOf = (name: string): string => createRequire(importer)(`${name}/package.json`).version
  const versions = {
    REACT_VERSION: versionOf('react'),
    QUERY_VERSION: versionOf('@tanstack/react-query'),
    TRPC_VERSION: versionOf('@trpc/client'),
  }
  const plugin: Plugin = {
    name: 'peer-versions',
    enforce: 'pre',
    resolveId(id, _, options) {
      const isPeer =
        /^(react|react-dom|@tanstack\/react-query|@testing-library\/react|@trpc\/[^/]+)(\/|$)/.test(id)
      return isPeer ? this.resolve(id, importer, { ...options, skipSelf: true }) : null
    },
  }
  return {
    extends: true,
    plugins: [plugin],
    test: {
      name: `react ${versions.REACT_VERSION}, query ${versions.QUERY_VERSION}`,
      env: versions,
    },
  }
}

/**
 * The timeout exists only to end tests that hang. Suites run in parallel, and tests wait for conditions, not for
 * fixed times. All files share one environment, because starting jsdom for each file would take most of the run
 * time. Each test cleans up after itself.
 */
export default defineConfig({
  test: {
    environment: 'jsdom',
    isolate: false,
    restoreMocks: true,
    testTimeout: 60_000,
    projects: [onPeersOf('react-oldest/package.json'), onPeersOf('./package.json')],
  },
})
