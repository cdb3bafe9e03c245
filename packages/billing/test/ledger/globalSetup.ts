import { startPostgres } from 'test-postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of a database to which each test file connects in order to create its own database. */
    postgres: string
  }
}

/** Starts one PostgreSQL server for all test files. Returns a function that stops the server. */
export default async function setup(project: TestProject) {
  // No test simulates a power failure, so the server doesn't have to wait for the disk.
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  project.provide('postgres', await server.createDatabase())
  return () => server[Symbol.asyncDispose]()
}
