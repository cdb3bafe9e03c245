import { startPostgres } from '../src/startPostgres.ts'

// Acts like a test runner after a failure: stops the server, sets a failing exit code and lets the process end.
const postgres = await startPostgres()
await postgres[Symbol.asyncDispose]()
process.exitCode = 3
