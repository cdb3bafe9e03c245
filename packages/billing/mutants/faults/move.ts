import type { Fault } from '../fault.ts'

const tests = ['ledger/cli/move']

/** Faults in the move from SQLite to PostgreSQL. */
export const move: Fault[] = [
  {
    name: 'a moved file is never marked, so two servers can use two copies',
    file: 'ledger/stores/sqlite/moveOut.ts',
    find: "db.prepare('UPDATE metered_ledger SET moved_to = ?').run(address)",
    replace: "db.prepare('UPDATE metered_ledger SET moved_to = moved_to WHERE ? IS NULL').run(address)",
    tests,
  },
  {
    name: 'a file is marked only after PostgreSQL has committed',
    file: 'ledger/stores/postgres/moveIn.ts',
    find: '    beforeCommit()\n    await transaction.commit()',
    replace: '    await transaction.commit()\n    beforeCommit()',
    tests,
  },
  {
    name: 'a file is moved even though an idle server has it open',
    file: 'ledger/stores/sqlite/moveOut.ts',
    find: "db.exec('PRAGMA journal_mode = DELETE')",
    replace: "db.exec('PRAGMA journal_mode = WAL')",
    tests,
  },
  {
    name: 'a moved ledger gets a new ID',
    file: 'ledger/stores/postgres/moveIn.ts',
    find: 'UPDATE metered.ledger SET id = $1,',
    replace: 'UPDATE metered.ledger SET id = id || left($1, 0),',
    tests,
  },
  {
    name: 'a ledger is moved into a PostgreSQL ledger that already has customers',
    file: 'ledger/stores/postgres/moveIn.ts',
    find: 'if (isUsed) {',
    replace: 'if (isUsed && id === copy.identity.id) {',
    tests,
  },
  {
    name: 'a server opens a file whose ledger was moved',
    file: 'ledger/stores/sqlite/openDatabase.ts',
    find: '      assertNotMoved(file, db)',
    replace: '      if (file === null) assertNotMoved(file, db)',
    tests,
  },
]
