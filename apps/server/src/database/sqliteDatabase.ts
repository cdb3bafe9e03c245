import { accessSync, constants, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { inTransaction, retryWhileBusy } from '@metered/billing/sqlite'
import { Kysely, sql } from 'kysely'
import Libsql from 'libsql'
import { createPictureTable } from '../studio/pictureTable.ts'
import type { Database, MigrateSessions, Tables } from './database.ts'
import { onceDone } from './onceDone.ts'
import { sqliteDialect } from './sqliteDialect.ts'

export function openSqlite(file: string, migrateSessions: MigrateSessions): Database {
  const kyselyOn = (connect: () => Promise<Libsql.Database>) =>
    new Kysely<Tables>({ dialect: sqliteDialect(connect) })

  const ready = onceDone(async () => {
    const kysely = kyselyOn(() => retryWhileBusy(() => connectAndBegin(file)))
    try {
      await createPictureTable({ type: 'sqlite', kysely })
      await migrateSessions({ type: 'sqlite', kysely })
      await sql`COMMIT`.execute(kysely)
    } finally {
      await kysely.destroy()
    }
  })
  const kysely = kyselyOn(async () => {
    await ready()
    return retryWhileBusy(() => connect(file))
  })
  return {
    type: 'sqlite',
    kysely,
    source: { file },
    ready,
    [Symbol.asyncDispose]: () => kysely.destroy(),
  }
}

/** Throws if the file is locked or can't be written to. */
function connect(file: string): Libsql.Database {
  mkdirSync(dirname(file), { recursive: true })
  // Let Node check the folder first, because its error distinguishes a read-only volume from missing
  // permissions.
  accessSync(dirname(file), constants.W_OK)
  const connection = new Libsql(file)
  try {
    connection.exec('PRAGMA busy_timeout = 0')
    connection.exec('PRAGMA journal_mode = WAL')
    // `synchronous = NORMAL` is safe here. The ledger writes to the same file, so when the ledger flushes a
    // charge to the disk, the app's earlier writes are flushed too.
    connection.exec('PRAGMA synchronous = NORMAL')
    // If SQLite can't write to the file, it opens the file as read-only without an error. Write to
    // `user_version`, which the app doesn't use, so that `connect` fails instead.
    inTransaction(connection, () => connection.exec('PRAGMA user_version = 0'))
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Connects and begins a transaction that locks the file. */
function connectAndBegin(file: string): Libsql.Database {
  const connection = connect(file)
  try {
    connection.exec('BEGIN IMMEDIATE')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
