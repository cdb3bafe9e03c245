import type { PostgresClient, PostgresPool } from './postgresPool.ts'

/** For each pool, the number of connections that broke. */
const lost = new WeakMap<PostgresPool, number>()
const watched = new WeakSet<PostgresPool | PostgresClient>()

/**
 * Returns how many of the pool's connections broke or timed out. A connection can be counted several times.
 */
export const lostConnections = (pool: PostgresPool): number => lost.get(pool) ?? 0

export const countLost = (pool: PostgresPool): void => void lost.set(pool, lostConnections(pool) + 1)

/**
 * Counts the pool's connections that break. Without a listener, a connection's error event ends the process, even if
 * the connection is idle or closing.
 */
export function watchPool(pool: PostgresPool): void {
  if (watched.has(pool)) return
  watched.add(pool)
  pool.on('error', () => countLost(pool))
  pool.on('connect', (client) => watchConnection(pool, client))
}

/**
 * Counts the connection if it breaks. The app may have opened the connection before the ledger started to
 * watch the pool.
 */
export function watchConnection(pool: PostgresPool, client: PostgresClient): void {
  if (watched.has(client)) return
  watched.add(client)
  client.on('error', () => countLost(pool))
}
