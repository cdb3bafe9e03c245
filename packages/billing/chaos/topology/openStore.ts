import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from 'test-postgres'
import { startPgBouncer } from 'test-postgres/pgbouncer'
import { noVolumes, testVolume } from '../../test/ledger/testVolume.ts'
import { postgresReader, sqliteReader } from '../audit/readLedger.ts'
import { freePort } from './chaosServer.ts'
import type { ChaosStore } from './topology.ts'

/**
 * Opens a SQLite ledger. If this machine can mount volumes, the ledger is on a small volume that can be
 * filled.
 */
export function openSqlite(folder: string): ChaosStore {
  const volume = noVolumes === null ? testVolume({ sizeMib: 64 }) : null
  const unmount = () => volume?.[Symbol.dispose]()
  process.once('exit', unmount)
  const address = join(volume?.folder ?? folder, 'ledger.db')
  const backup = join(folder, 'backup.db')
  const reader = sqliteReader(address)
  return {
    kind: 'SQLite',
    address,
    reader,
    postgres: null,
    pooler: null,
    disk: volume,
    backups: {
      async backUp() {
        rmSync(backup, { force: true })
        await reader.query(`VACUUM INTO '${backup}'`)
      },
      /**
       * Replaces the ledger's file as docs/operations.md describes, but doesn't run `metered restored`, so the node
       * must recognize the restore.
       */
      restore() {
        for (const suffix of ['', '-wal', '-shm']) rmSync(`${address}${suffix}`, { force: true })
        copyFileSync(backup, `${address}.copy`)
        renameSync(`${address}.copy`, address)
      },
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', unmount)
      unmount()
    },
  }
}

/**
 * Opens a database that the nodes reach directly, or through PgBouncer. The audit and the faults always reach
 * it directly.
 */
export async function openPostgres({ isPooled }: { isPooled: boolean }): Promise<ChaosStore> {
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  const database = await server.createDatabase()
  const pooler = isPooled
    ? await startPgBouncer(database, {
        listen_port: await freePort(),
        pool_mode: 'transaction',
        // The nodes open more connections than this number, so their transactions share PgBouncer's connections.
        default_pool_size: 3,
        server_round_robin: 1,
        // After a failed server login, PgBouncer waits 15 s by default. That wait would dominate the measured
        // recovery times.
        server_login_retry: 1,
      })
    : null
  const reader = postgresReader(database)
  return {
    kind: 'PostgreSQL',
    address: pooler?.address ?? database,
    reader,
    postgres: {
      kill: () => server.kill(),
      start: () => server.start(),
      terminateBackends: async () => {
        await reader.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        )
      },
    },
    pooler,
    disk: null,
    backups: null,
    async [Symbol.asyncDispose]() {
      await pooler?.[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
