import { EnvError, readEnv } from './env.ts'
import { createLog } from './log.ts'
import { createServer } from './server.ts'

try {
  const env = readEnv(process.env, { built: import.meta.url.endsWith('.js') })
  const server = await createServer({ env, log: createLog(env) })
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
  if (error instanceof EnvError) return `The server cannot start:\n${error.message}`
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? Number(error.port) : Number.NaN
    return `Port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
