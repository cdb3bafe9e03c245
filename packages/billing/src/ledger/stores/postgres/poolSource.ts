import { randomUUID } from 'node:crypto'
import { LedgerUnavailableError } from '../../errors.ts'
import { isMissing } from '../isMissing.ts'
import type { PostgresPool } from './postgresPool.ts'

/** Provides the ledger's pool: one that the ledger creates, or one that the app passes. */
interface PoolSource {
  /** Identifies the database. Contains no password. */
  address: string
  /** Returns the pool. The first call creates the pool. */
  pool(): Promise<PostgresPool>
  /** Ends the pool if this source created it. */
  close(): Promise<void>
}

/** Returns the pool source for a connection string or for the app's pool. */
export function poolSource(database: string | PostgresPool): PoolSource {
  // The connection string can be missing during `next build`.
  const source = database ?? ''
  return typeof source === 'string' ? ownPool(source) : givenPool(source)
}

const names = new WeakMap<PostgresPool, string>()

function givenPool(pool: PostgresPool): PoolSource {
  const address = names.get(pool) ?? `postgres pool ${randomUUID()}`
  names.set(pool, address)
  return { address, pool: async () => pool, close: async () => {} }
}

function ownPool(connectionString: string): PoolSource {
  let created: (PostgresPool & { end(): Promise<void> }) | null = null
  return {
    address: withoutPassword(connectionString),
    async pool() {
      const pg = await loadPg()
      // Batches use at most `parallelBatches` connections at a time. Reads and pruning share the other
      // connections.
      created ??= new pg.Pool({ connectionString, max: 4, keepAlive: true, allowExitOnIdle: true })
      return created
    },
    async close() {
      const ending = created
      created = null
      await ending?.end()
    },
  }
}

async function loadPg() {
  try {
    return (await import('pg')).default
  } catch (error) {
    if (!isMissing(error, 'pg')) throw error
    throw new LedgerUnavailableError('cannotOpen', {
      message: 'The PostgreSQL ledger needs the package pg. Install pg.',
      cause: error,
    })
  }
}

/**
 * Returns the connection string without its password. The password can be before the host or in the query
 * parameters.
 */
export function withoutPassword(connectionString: string): string {
  if (!URL.canParse(connectionString)) return connectionString.replace(/(:\/\/[^:@/]*):.*@/, '$1@')
  const url = new URL(connectionString)
  url.password = ''
  url.searchParams.delete('password')
  return url.href
}
