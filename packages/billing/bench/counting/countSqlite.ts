import Libsql from 'libsql'
import type { Counts } from './counts.ts'

/**
 * Counts the statements and transactions that this process runs with libsql. Statements that are only
 * prepared don't count.
 */
export function countSqlite(counts: Counts): void {
  const connection = Libsql.prototype
  const { exec } = connection
  connection.exec = function (sql) {
    counts.statements += 1
    if (sql.startsWith('COMMIT')) counts.transactions += 1
    return Reflect.apply(exec, this, [sql])
  }
  const probe = new Libsql(':memory:')
  const statement: Libsql.Statement<unknown[]> = Object.getPrototypeOf(probe.prepare('SELECT 1'))
  probe.close()
  const { all, get, run } = statement
  statement.all = counted(counts, all)
  statement.get = counted(counts, get)
  statement.run = counted(counts, run)
}

const counted = <T>(counts: Counts, method: (...values: unknown[]) => T) =>
  function (this: unknown, ...values: unknown[]): T {
    counts.statements += 1
    return Reflect.apply(method, this, values)
  }
