import { createRequire } from 'node:module'
import { LedgerUnavailableError } from '../../errors.ts'
import { isMissing } from '../isMissing.ts'

/** A SQLite library for Node. Both possible libraries are synchronous. */
export type SqliteDriver = 'node:sqlite' | 'libsql'

/** The connection methods that the ledger uses. Both drivers have these methods. */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

export interface SqliteStatement {
  /** Runs the statement to completion and returns the rows. */
  all(...parameters: unknown[]): unknown[]
  /** Returns the first row. */
  get(...parameters: unknown[]): unknown
  run(...parameters: unknown[]): { changes: number | bigint }
}

type OpenConnection = (file: string) => SqliteDatabase

/**
 * Opens the file with the given driver. Without a driver, uses `node:sqlite` if this version of Node has it,
 * and `libsql` otherwise.
 */
export function connect(file: string, driver?: SqliteDriver): SqliteDatabase {
  const open = (driver !== 'libsql' && nodeSqlite()) || (driver !== 'node:sqlite' && libsql())
  if (!open) throw new LedgerUnavailableError('cannotOpen', { message: missing[driver ?? 'any'] })
  return open(file)
}

const missing = {
  any: 'The SQLite ledger found no driver. Install libsql, or use Node 22.13 or newer.',
  libsql: 'libsql is not installed. Install it, or use Node 22.13 or newer without the option `driver`.',
  'node:sqlite':
    'This version of Node has no node:sqlite. Use Node 22.13 or newer, or install libsql and remove the option `driver`.',
}

/** Returns SQLite's primary result code (5 = BUSY), or null if the error isn't from SQLite. */
export function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null
  const code = 'errcode' in error ? error.errcode : 'rawCode' in error ? error.rawCode : codeInMessage(error)
  return typeof code === 'number' ? code & 0xff : null
}

/**
 * If libsql can't open a file, only the error's message contains the result code: `ConnectionFailed("Unable
 * to open connection to local database …: 14")`.
 */
function codeInMessage({ message }: Error): number | null {
  const [, code] = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(message) ?? []
  return code === undefined ? null : Number(code)
}

/** The part of the module `node:sqlite` that the ledger uses. */
interface NodeSqlite {
  DatabaseSync: new (file: string) => SqliteDatabase
}

function nodeSqlite(): OpenConnection | null {
  // Before Node 22.13, the result is undefined, because `node:sqlite` needs a command-line flag.
  const found = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'))
  if (!found) return null
  // The installed types describe Node 20, which lacks the module.
  const { DatabaseSync } = found as NodeSqlite
  return (file) => new DatabaseSync(file)
}

/** Runs `load` and suppresses Node's warning that SQLite is experimental. Other warnings are still emitted. */
function withoutSqliteWarning<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const isOurs = rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite')
    if (!isOurs) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Passes the parameters as one array, because libsql takes 4 µs to flatten separate parameters. */
function withArrays(db: SqliteDatabase): SqliteDatabase {
  return {
    exec: (sql) => db.exec(sql),
    prepare(sql) {
      const statement = db.prepare(sql)
      return {
        all: (...parameters) => statement.all(parameters),
        get: (...parameters) => statement.get(parameters),
        run: (...parameters) => statement.run(parameters),
      }
    },
    close: () => db.close(),
  }
}

function libsql(): OpenConnection | null {
  try {
    const Libsql: typeof import('libsql') = createRequire(import.meta.url)('libsql')
    return (file) => withArrays(new Libsql(file))
  } catch (error) {
    if (isMissing(error, 'libsql')) return null
    const reason = error instanceof Error ? error.message : String(error)
    throw new LedgerUnavailableError('cannotOpen', {
      message: `libsql is installed but can't be loaded. Reinstall it on this machine, or use Node 22.13 or newer. ${reason}`,
      cause: error,
    })
  }
}
