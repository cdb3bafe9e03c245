import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../postgres.ts'

/** A fresh address of each store that several processes can open. */
export async function startStores() {
  const folder = await mkdtemp(join(tmpdir(), 'metered-ledger-'))
  const server = await startPostgres()
  let files = 0
  return {
    SQLite: async () => {
      files += 1
      return join(folder, `ledger_${files}.db`)
    },
    PostgreSQL: () => server.createDatabase(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

export const storeNames = ['SQLite', 'PostgreSQL'] as const
