import { startPostgres } from 'test-postgres'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { aBudget } from '../../test/ledger/builders.ts'
import { comparePairs, type PairLedger } from '../comparison/comparePairs.ts'
import { postgresCpu } from '../comparison/postgresCpu.ts'
import { growPostgres, growSqlite } from '../growLedger.ts'
import type { Options } from '../options.ts'
import { temporaryFolder } from '../pairs.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'
import { nameOf } from '../seed.ts'

const name = 'Budgets: reserve and settle'
const size = { customers: 1_000, events: 1_000 }

/** Compares customers without budgets and customers with three budgets on the meter of each call. */
export async function budgets({ length }: Options): Promise<Section> {
  await using folder = await temporaryFolder()
  await using postgres = await startPostgres()
  const rows: Row[] = []
  const problems: string[] = []
  let audited = 0
  for (const store of ['SQLite', 'PostgreSQL']) {
    const ledgers: PairLedger[] = []
    for (const count of [0, 3]) {
      const database = store === 'PostgreSQL' ? await postgres.createDatabase() : null
      const ledger = await (database
        ? growPostgres(database, size)
        : growSqlite(folder.path, `${count}-budgets`, size))
      if (count > 0) await setBudgets(ledger)
      const databaseCpu = database ? await postgresCpu(database) : async () => null
      ledgers.push({ label: { store, budgets: count }, ledger, databaseCpu })
    }
    progress(`${name}: ${store}, comparing`)
    const compared = await comparePairs(ledgers, { first: 'no budgets', ...length })
    rows.push(...compared.rows)
    problems.push(...compared.problems)
    audited += compared.audited
    for (const { ledger } of ledgers) await ledger.close()
  }
  return { name, rows, problems, audited, isDelivered: false }
}

/** Sets three budgets that no call exceeds for each customer. */
async function setBudgets(ledger: Ledger): Promise<void> {
  for (let index = 0; index < size.customers; index += 1) {
    for (const window of ['hour', 'day', 'month'] as const) {
      const command = aBudget({ customer: nameOf(index), window, limit: 1_000_000_000 })
      const answer = await ledger.execute(command)
      if (answer.state === 'needsUsage') await ledger.execute({ ...command, usedSince: answer.since })
    }
  }
}
