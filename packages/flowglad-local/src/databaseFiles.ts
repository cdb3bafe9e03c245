import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Database } from './database/Database.ts'
import { DatabaseError } from './database/openSqlite.ts'

/**
 * Returns the path of a key's separate file. For a long key, the name contains a hash, because many file
 * systems limit a name to 255 bytes.
 */
export function separateFile(db: string, key: string): string {
  const name = encodeURIComponent(key)
  return `${db}.key-${name.length <= 128 ? name : createHash('sha256').update(key).digest('hex')}`
}

const hasSeparateFile = (db: string, key: string) => existsSync(separateFile(db, key))

/** Returns whether any of the keys may have stored data. */
export const hasDatabase = (db: string, keys: readonly string[]): boolean =>
  existsSync(db) || keys.some((key) => hasSeparateFile(db, key))

/** Returns the file of a key that has a database. */
export const databaseFileOf = (db: string, key: string): string =>
  hasSeparateFile(db, key) ? separateFile(db, key) : db

/**
 * Returns the database file of each key that a server starts with. The order of the keys doesn't matter. A
 * key has a separate file unless it owns the file `db`. A server that starts with one key and a new file
 * records that key as the file's owner, and no other key can use the file.
 * @throws DatabaseError if the file can't be read, or if it records no owner and several keys could own it
 */
export function databaseFiles(db: string, keys: readonly string[]): ReadonlyMap<string, string> {
  const owner = ownerAmong(db, keys)
  return new Map(keys.map((key) => [key, key === owner ? db : separateFile(db, key)]))
}

/** Returns the database file of a key that is added while the file `db` isn't open. */
export const addedDatabaseFile = (db: string, key: string): string =>
  !hasSeparateFile(db, key) && existsSync(db) && readFileOwner(db).key === key ? db : separateFile(db, key)

/** Returns the file's owner if it is one of these keys. */
function ownerAmong(db: string, keys: readonly string[]): string | undefined {
  const others = keys.filter((key) => !hasSeparateFile(db, key))
  if (others.length === 0) return undefined
  const { key, isNew } = existsSync(db) ? readFileOwner(db) : { key: undefined, isNew: true }
  if (key !== undefined) return others.find((other) => other === key)
  // Several new keys get separate files. Otherwise, the keys' order would decide which key owns this file.
  if (isNew) return keys.length === 1 ? others[0] : undefined
  if (others.length > 1)
    throw new DatabaseError(
      `${db} is from an earlier version and doesn't record its API key. Start the server once with only that key.`,
    )
  return others[0]
}

/** Returns the file's recorded owner. A file that contains no organization is new. */
function readFileOwner(file: string): { key: string | undefined; isNew: boolean } {
  const database = new Database(file)
  const key = database.settings.find('apiKey')?.value
  const isNew = database.settings.find('organizationId') === undefined
  database.close()
  return { key, isNew }
}
