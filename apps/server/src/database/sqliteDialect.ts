import { inTransaction, retryWhileBusy } from '@metered/billing/sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  DeleteQueryNode,
  type Dialect,
  type Driver,
  InsertQueryNode,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  UpdateQueryNode,
} from 'kysely'
import type Libsql from 'libsql'
import { orUnavailable } from './unavailable.ts'

/**
 * A Kysely dialect for a SQLite file. Kysely's own dialect waits for a locked file inside SQLite, which
 * blocks the event loop. In this dialect, a query waits on a timer and then tries again, so other queries and
 * requests continue.
 *
 * `connect` must open a connection with a `busy_timeout` of 0. If `connect` fails, the next query calls it
 * again.
 */
export const sqliteDialect = (connect: () => Promise<Libsql.Database>): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => createDriver(connect),
  createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

function createDriver(connect: () => Promise<Libsql.Database>): Driver {
  let database: Libsql.Database | null = null
  return {
    async init() {
      database = await orUnavailable(connect())
    },
    async acquireConnection() {
      if (!database) throw new Error('The database is not open.')
      return connectionTo(database)
    },
    // All queries share one connection, so a transaction would contain other requests' queries too.
    beginTransaction: () => Promise.reject(new Error('Transactions need their own Kysely instance.')),
    commitTransaction: async () => {},
    rollbackTransaction: async () => {},
    releaseConnection: async () => {},
    async destroy() {
      database?.close()
      database = null
    },
  }
}

function connectionTo(database: Libsql.Database): DatabaseConnection {
  return {
    executeQuery<Row>(query: CompiledQuery) {
      const execute = () => run<Row>(database, query)
      const locks = isWrite(query) && !database.inTransaction
      return orUnavailable(retryWhileBusy(locks ? () => inTransaction(database, execute) : execute))
    },
    streamQuery() {
      throw new Error('SQLite queries can’t be streamed.')
    },
  }
}

const isWrite = ({ query }: CompiledQuery) =>
  InsertQueryNode.is(query) || UpdateQueryNode.is(query) || DeleteQueryNode.is(query)

function run<Row>(database: Libsql.Database, { sql, parameters }: CompiledQuery): QueryResult<Row> {
  const statement = database.prepare(sql)
  if (statement.reader) {
    // The caller declares the type of the rows.
    return { rows: statement.all(parameters) as Row[] }
  }
  const { changes, lastInsertRowid } = statement.run(parameters)
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
}
