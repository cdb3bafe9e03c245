import { DatabaseError } from './database/openSqlite.ts'
import { databaseFileOf, hasDatabase } from './databaseFiles.ts'
import { OptionsError, readOptions, readUsage } from './options.ts'
import { PricingError } from './pricing/PricingError.ts'
import { parsePricing } from './pricing/parsePricing.ts'
import type { PricingSetup } from './pricing/pricingSetup.ts'
import { UnreachableError } from './replay/request.ts'
import { startRecorder } from './replay/startRecorder.ts'
import { TranscriptError } from './replay/transcript.ts'
import { type ReplayOptions, readReplayOptions } from './replayOptions.ts'
import { runReplay } from './runReplay.ts'
import { type FlowgladLocal, startFlowgladLocal } from './startFlowgladLocal.ts'
import { explainMistake, watchPricing } from './watchPricing.ts'

type Options = NonNullable<ReturnType<typeof readOptions>>

try {
  const args = process.argv.slice(2)
  const replay = readReplayOptions(args)
  if (replay) await runReplayCommand(replay)
  else {
    const options = readOptions(args, process.env)
    if (options === null) process.stdout.write(readUsage())
    else await run(options)
  }
} catch (error) {
  report(describe(error))
  process.exitCode = 1
}

async function runReplayCommand(options: ReplayOptions): Promise<void> {
  if (options.command === 'help') {
    process.stdout.write(readUsage('help-replay'))
    return
  }
  if (options.command === 'replay') {
    const agrees = await runReplay(options, (text) => process.stdout.write(text))
    if (!agrees) process.exitCode = 1
    return
  }
  const recorder = await startRecorder(options)
  process.stdout.write(
    `recording to ${options.file}\n  FLOWGLAD_BASE_URL=${recorder.url}\n  requests go to ${options.against}\n`,
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void recorder.close())
}

async function run(options: Options): Promise<void> {
  const flowglad = await start(options)
  process.stdout.write(
    `flowglad-local on ${flowglad.url}  (open this URL for the dashboard)\n` +
      `  FLOWGLAD_BASE_URL=${flowglad.url}\n` +
      options.keys
        .map(
          ({ key, pricingFile }) =>
            `  FLOWGLAD_SECRET_KEY=${key}\n` +
            `    pricing ${pricingFile} (edits take effect when you save the file)\n` +
            `    database ${options.db ? databaseFileOf(options.db, key) : 'temporary'}\n`,
        )
        .join(''),
  )
  const unwatch = options.keys.map(({ key, pricing, pricingFile }) =>
    watchPricing({
      file: pricingFile,
      current: pricing,
      apply: (content) => flowglad.updatePricing(content, key),
      report,
    }),
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      for (const stop of unwatch) stop()
      void flowglad.close()
    })
}

/**
 * Starts the server. If a key's pricing file has a mistake, the key uses the last valid version from its
 * database.
 */
async function start(options: Options): Promise<FlowgladLocal> {
  const read = new Map<string, PricingSetup | PricingError>()
  const keys = options.keys.map(({ key, pricing, pricingFile }) => {
    const setup = read.get(pricingFile) ?? tryPricing(pricing, pricingFile)
    read.set(pricingFile, setup)
    return { key, pricingFile, ...(!(setup instanceof PricingError) && { pricing: setup }) }
  })
  const mistakes = [...read.values()].filter((setup) => setup instanceof PricingError)
  const message = mistakes.map((mistake) => mistake.message).join('\n')
  const names = keys.map(({ key }) => key)
  if (mistakes.length > 0 && !(options.db && hasDatabase(options.db, names))) throw new OptionsError(message)
  const flowglad = await startFlowgladLocal({ ...options, keys }).catch((failure) => {
    throw failure instanceof PricingError ? new OptionsError(message) : failure
  })
  if (mistakes.length > 0) report(explainMistake(new OptionsError(message)))
  return flowglad
}

function tryPricing(pricing: string, pricingFile: string): PricingSetup | PricingError {
  try {
    return parsePricing(pricing, pricingFile)
  } catch (error) {
    if (error instanceof PricingError) return error
    throw error
  }
}

function report(message: string): void {
  process.stderr.write(`${message}\n`)
}

/**
 * Returns the message for a user's mistake or an unavailable port. Any other error indicates a bug. For such an
 * error, returns the stack trace.
 */
function describe(error: unknown): string {
  const mistakes = [OptionsError, PricingError, DatabaseError, TranscriptError, UnreachableError]
  for (const mistake of mistakes) if (error instanceof mistake) return error.message
  const reason = portProblem(error)
  if (reason) return `${reason} Choose another port with --port N, or a free one with --port 0.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Returns the reason that the server can't listen on its port, or null for any other error. */
function portProblem(error: unknown): string | null {
  const { code, syscall, port }: { code?: unknown; syscall?: unknown; port?: unknown } = Object(error)
  if (syscall !== 'listen') return null
  if (code === 'EADDRINUSE') return `Port ${port} is already in use.`
  if (code === 'EACCES') return `Port ${port} needs special permissions.`
  return null
}
