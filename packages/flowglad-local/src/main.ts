import { DatabaseError } from './database/journal.ts'
import { OptionsError, readOptions, readUsage } from './options.ts'
import { PricingError } from './pricing/parsePricing.ts'
import { startFlowgladLocal } from './startFlowgladLocal.ts'

try {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options === null) process.stdout.write(readUsage())
  else await run(options)
} catch (error) {
  process.stderr.write(`${describe(error)}\n`)
  process.exitCode = 1
}

async function run(options: NonNullable<ReturnType<typeof readOptions>>): Promise<void> {
  const flowglad = await startFlowgladLocal(options)
  process.stdout.write(
    `flowglad-local on ${flowglad.url}  (open it for the dashboard)\n` +
      `  FLOWGLAD_BASE_URL=${flowglad.url}\n` +
      `  FLOWGLAD_SECRET_KEY=${flowglad.key}\n` +
      `  pricing ${options.pricingFile}, database ${options.db ?? 'in memory'}\n`,
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void flowglad.close())
}

/** Returns a one-line message for a user's mistake, or the stack of any other error, which indicates a bug. */
function describe(error: unknown): string {
  if (error instanceof OptionsError || error instanceof PricingError || error instanceof DatabaseError)
    return error.message
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `${error.message}. Choose another port with --port N or FLOWGLAD_LOCAL_PORT.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
