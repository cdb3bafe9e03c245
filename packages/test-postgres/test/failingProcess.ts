import { startPostgres } from '../src/startPostgres.ts'

// Stops the server, sets a failing exit code and lets the process end, as a test runner does after a failure.
const postgres = await startPostgres()
await postgres[Symbol.asyncDispose]()
process.exitCode = 3
