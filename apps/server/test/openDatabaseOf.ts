import Database from 'libsql'
import type { TestServer } from './testServer.ts'

/** Opens the server's SQLite file. */
export function openDatabaseOf({ env }: Pick<TestServer, 'env'>) {
  const database = new Database(String(env.DATABASE_URL).slice('file:'.length))
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() })
}
