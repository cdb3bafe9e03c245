import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildScript } from '../../../processes/buildScript.ts'
import { runCommand } from '../../../src/cli/runCommand.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { postgresLedger } from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { run } from '../../apps/createApp.ts'
import { createDatabase } from '../postgres.ts'

/** Runs a command in this process, on the ledger at the address. */
export const metered = (address: string, ...argv: string[]) =>
  runCommand(argv, { folder: tmpdir(), env: { METERED_LEDGER: address }, user: 'olga' })

/** Runs a command in this process and returns the JSON that it prints. */
export async function meteredJson(address: string, ...argv: string[]): Promise<unknown> {
  const { stdout, stderr } = await metered(address, ...argv, '--json')
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Returns a `progress` function for a command's context, and a list of the texts passed to it. */
export function recordedProgress() {
  const shown: string[] = []
  return { shown, progress: (text: string) => void shown.push(text) }
}

let command: Promise<string> | undefined

/**
 * Runs a command in a separate process, as in an operator's terminal. The process runs a bundle, which starts faster
 * than the source.
 */
export async function meteredProcess(folder: string, argv: string[], env: Record<string, string> = {}) {
  command ??= buildScript('main', new URL('../../../src/cli/', import.meta.url).href)
  return run(folder, process.execPath, [await command, ...argv], env)
}

/**
 * Runs a command on the store. Commands on SQLite run in a separate process, as an operator's commands do. Commands
 * on PostgreSQL run in this process, which is faster.
 */
export const meteredOn = (store: keyof typeof stores, { address }: OpenStore, ...argv: string[]) =>
  store === 'SQLite' ? meteredProcess(tmpdir(), argv, { METERED_LEDGER: address }) : metered(address, ...argv)

export interface OpenStore extends AsyncDisposable {
  /** The value of `--ledger`. */
  address: string
  /** A ledger that stays open while the commands run, like the ledger of a running server. */
  ledger: Ledger
}

export const stores: Record<'SQLite' | 'PostgreSQL', () => Promise<OpenStore>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'metered-cli-'))
    const address = join(folder, 'ledger.db')
    const ledger = sqliteLedger(address)
    return {
      address,
      ledger,
      async [Symbol.asyncDispose]() {
        await ledger.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  async PostgreSQL() {
    const address = await createDatabase()
    const ledger = postgresLedger(address)
    return { address, ledger, [Symbol.asyncDispose]: () => ledger.close() }
  },
}
export const storeNames = ['SQLite', 'PostgreSQL'] as const
