import { startPostgres } from 'test-postgres'
import type { TestProject } from 'vitest/node'
import { buildScript } from '../../processes/buildScript.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of a database to which each test file connects in order to create its own database. */
    postgres: string
    /** The path of the bundled `metered` command, which starts faster than its source. */
    meteredCommand: string
  }
}

/**
 * Starts one PostgreSQL server and bundles the command for all test files. Returns a function that stops the server.
 */
export default async function setup(project: TestProject) {
  // No test simulates a power failure, so the server doesn't have to wait for the disk.
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  project.provide('postgres', await server.createDatabase())
  project.provide(
    'meteredCommand',
    await buildScript('main', new URL('../../src/cli/', import.meta.url).href),
  )
  return () => server[Symbol.asyncDispose]()
}
