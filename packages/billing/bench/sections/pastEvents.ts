import { compareStores } from '../comparison/compareStores.ts'
import { growPostgres, growSqlite } from '../growLedger.ts'
import type { Options } from '../options.ts'

/** Compares ledgers with 10³ and 10⁶ past events (10⁴ with `--quick`). */
export const pastEvents = (options: Options) =>
  compareStores(
    {
      name: 'Past events: reserve and settle',
      column: 'past events',
      variants: [1_000, options.quick ? 10_000 : 1_000_000],
      first: '10³ events',
      open(events, { folder, database }) {
        const size = { customers: 1_000, events }
        return database ? growPostgres(database, size) : growSqlite(folder, `${events}-events`, size)
      },
    },
    options,
  )
