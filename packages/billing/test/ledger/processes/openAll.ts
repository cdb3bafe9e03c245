import { postgresLedger } from '../../../src/ledger/stores/postgres/index.ts'
import { sqliteLedger } from '../../../src/ledger/stores/sqlite/index.ts'

/** Opens each kind of ledger. Prints as JSON which ledgers opened, and why the others failed. */
const ledgers = {
  sqlite: sqliteLedger(':memory:'),
  nodeSqlite: sqliteLedger(':memory:', { driver: 'node:sqlite' }),
  libsql: sqliteLedger(':memory:', { driver: 'libsql' }),
  postgres: postgresLedger('postgres://localhost/app'),
}
const opened = Object.entries(ledgers).map(async ([name, ledger]) => {
  const result = await ledger.health().then(
    () => 'opened',
    (error: Error) => error.message,
  )
  return [name, result]
})
process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(opened))))
