import { LedgerUnavailableError, SetupError } from '@metered/billing'
import { EnvError, readEnv } from './env.ts'
import { createLog } from './log.ts'
import { createServer } from './server.ts'

try {
  const env = readEnv(process.env, { built: import.meta.url.endsWith('.js') })
  const server = await createServer({ env, log: await createLog(env) })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server[Symbol.asyncDispose]().then(() => process.exit(0), fail)
    })
  }
  await server.app.listen({ port: env.port, host: env.host })
} catch (error) {
  fail(error)
}

function fail(error: unknown) {
  console.error(explain(error))
  process.exit(1)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof EnvError) return `The server cannot start:\n${error.message}`
  // These messages say what to change, so the stack trace isn't needed.
  if (error instanceof LedgerUnavailableError || error instanceof SetupError)
    return `The server cannot start: ${error.message}`
  const code = 'code' in error ? String(error.code) : null
  if (code === 'EADDRINUSE') {
    const port = 'port' in error ? Number(error.port) : Number.NaN
    return `Port ${port} is in use. Stop the process that uses the port, or choose another port: PORT=${port + 1}`
  }
  // Errors with a code come from the operating system or the database, and their messages are clear without a
  // stack trace.
  return `The server cannot start: ${code ? `${error.message} (${code})` : error.stack}`
}
