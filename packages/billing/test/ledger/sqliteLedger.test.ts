import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerContract } from './contract/ledgerContract.ts'
import { sqliteDrivers } from './sqliteDrivers.ts'
import { testClock } from './testClock.ts'

describe.each(sqliteDrivers)('SQLite through %s', (driver) =>
  ledgerContract(async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'metered-sqlite-'))
    const clock = testClock()
    const file = join(folder, 'ledger.db')
    const ledger = sqliteLedger(file, { ...options, clock, driver })
    const other = sqliteLedger(file, { ...options, clock, driver })
    return {
      ledger,
      other,
      advance: (ms) => clock.advance(ms),
      async [Symbol.asyncDispose]() {
        await ledger.close()
        await other.close()
        await rm(folder, { recursive: true })
      },
    }
  }),
)
