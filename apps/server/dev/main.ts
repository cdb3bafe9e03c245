/**
 * Implements `pnpm dev`: starts flowglad-local, the server and the web app, and prints their output. Each
 * process reloads when its code changes.
 */
import { mkdirSync } from 'node:fs'
import { EnvError } from '../src/env.ts'
import { assertCanStart } from './assertCanStart.ts'
import { greeting } from './greeting.ts'
import { deleteDatabase } from './localDatabase.ts'
import { type DevOptions, parseOptions, usage } from './options.ts'
import { processesOf } from './processes.ts'
import { readSettings, type Settings, StartError, shown } from './readSettings.ts'
import { runProcesses } from './runProcesses.ts'

const options = readOptions()
if (options?.help) process.stdout.write(usage)
else if (options) await dev(options)

function readOptions(): DevOptions | null {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return null
  }
}

async function dev(options: DevOptions) {
  try {
    const settings = readSettings(process.env, options)
    for (const note of settings.notes) console.log(note)
    const processes = processesOf(settings)
    await assertCanStart(settings, processes, options)
    if (options.reset) reset(settings)
    mkdirSync(settings.dataFolder, { recursive: true })
    console.log(`Starting ${processes.map((it) => it.name).join(', ')} …`)
    if (await runProcesses(processes)) console.log(greeting(settings))
  } catch (error) {
    if (!(error instanceof StartError || error instanceof EnvError)) throw error
    const cause =
      error instanceof EnvError ? "The server can't start with your shell's environment variables:\n" : ''
    fail(`${cause}${error.message}\n${options.reset ? '\nNothing was deleted.\n' : ''}`)
  }
}

function reset({ localDatabases, dataFolder }: Settings) {
  const metered = deleteDatabase(localDatabases.metered)
  const flowglad = deleteDatabase(localDatabases.flowglad)
  if (metered.length > 0)
    console.log(`Deleted accounts, pictures and the ledger: ${metered.map(shown).join(', ')}`)
  if (flowglad.length > 0)
    console.log(`Deleted flowglad-local's customers, plans and payments: ${flowglad.map(shown).join(', ')}`)
  if (metered.length + flowglad.length === 0)
    console.log(`Nothing to delete: ${shown(dataFolder)} contains no database.`)
}

function fail(message: string) {
  console.error(message)
  process.exitCode = 1
}
