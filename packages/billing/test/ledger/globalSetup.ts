import { startPostgres } from 'test-postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of a database from which test files create their own. */
    postgres: string
  }
}

/** Starts one PostgreSQL server for all test files. Returns a function that stops it. */
export default async function setup(project: TestProject) {
  // The tests cut connections and kill clients. No test cuts the power, so the server doesn't have to wait for the disk.
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  project.provide('postgres', await server.createDatabase())
  return () => server[Symbol.asyncDispose]()
}
