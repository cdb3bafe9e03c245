import { startPostgres } from '../src/startPostgres.ts'

// Like a test runner: it has failed, stops the server, and lets the process end.
const postgres = await startPostgres()
await postgres[Symbol.asyncDispose]()
process.exitCode = 3
