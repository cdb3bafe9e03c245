import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../postgres.ts'

/**
 * Returns one function per store. Each function returns the address of an empty ledger that several processes
 * can open.
 */
export async function createStores() {
  const folder = await mkdtemp(join(tmpdir(), 'metered-ledger-'))
  return {
    SQLite: async () => join(folder, `${randomUUID()}.db`),
    PostgreSQL: createDatabase,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

export const storeNames = ['SQLite', 'PostgreSQL'] as const
