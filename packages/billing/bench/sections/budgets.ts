import type { Ledger } from '../../src/ledger/ledger.ts'
import { aBudget } from '../../test/ledger/builders.ts'
import { compareStores } from '../comparison/compareStores.ts'
import { growPostgres, growSqlite } from '../growLedger.ts'
import type { Options } from '../options.ts'
import { nameOf } from '../seed.ts'

const size = { customers: 1_000, events: 1_000 }

/** Compares customers without budgets and customers with three budgets on the meter of each call. */
export const budgets = (options: Options) =>
  compareStores(
    {
      name: 'Budgets: reserve and settle',
      column: 'budgets',
      variants: [0, 3],
      first: 'no budgets',
      async open(count, { folder, database }) {
        const ledger = await (database
          ? growPostgres(database, size)
          : growSqlite(folder, `${count}-budgets`, size))
        if (count > 0) await setBudgets(ledger)
        return ledger
      },
    },
    options,
  )

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
