import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from 'test-postgres'
import { noVolumes, testVolume } from '../../test/ledger/testVolume.ts'
import { postgresReader, sqliteReader } from '../audit/readLedger.ts'
import type { ChaosStore } from './topology.ts'

/** Opens a SQLite ledger, on a small volume that can be filled if this machine can mount one. */
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
    disk: volume,
    backups: {
      async backUp() {
        rmSync(backup, { force: true })
        await reader.query(`VACUUM INTO '${backup}'`)
      },
      /** Follows the steps in docs/ledger.md. */
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

export async function openPostgres(): Promise<ChaosStore> {
  const server = await startPostgres({ flags: ['-c', 'fsync=off'] })
  const address = await server.createDatabase()
  const reader = postgresReader(address)
  return {
    kind: 'PostgreSQL',
    address,
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
    disk: null,
    backups: null,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
