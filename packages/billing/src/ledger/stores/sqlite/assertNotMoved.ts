import { z } from 'zod'
import { LedgerUnavailableError } from '../../errors.ts'
import type { SqliteDatabase } from './sqliteDriver.ts'

const movedRow = z.object({ address: z.string().nullable() })

/** Returns the address of the database to which `metered move` has moved the ledger, or null. */
export const movedTo = (db: SqliteDatabase): string | null =>
  movedRow.parse(db.prepare('SELECT moved_to AS address FROM metered_ledger').get()).address

/** Throws if the ledger was moved to PostgreSQL. Otherwise, two servers could use two copies. */
export function assertNotMoved(file: string, db: SqliteDatabase): void {
  const address = movedTo(db)
  if (address === null) return
  throw new LedgerUnavailableError('cannotOpen', {
    message: `The ledger in ${file} was moved to ${address}. Use that database.`,
  })
}
