import { startPostgres } from 'test-postgres'
import { comparePairs, type PairLedger } from '../comparison/comparePairs.ts'
import { postgresCpu } from '../comparison/postgresCpu.ts'
import { growPostgres, growSqlite } from '../growLedger.ts'
import type { Options } from '../options.ts'
import { temporaryFolder } from '../pairs.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'

const name = 'Past events: reserve and settle'

/** Compares ledgers with 10³ and 10⁶ past events (10⁴ with `--quick`). */
export async function pastEvents({ quick, length }: Options): Promise<Section> {
  await using folder = await temporaryFolder()
  await using postgres = await startPostgres()
  const rows: Row[] = []
  const problems: string[] = []
  let audited = 0
  for (const store of ['SQLite', 'PostgreSQL']) {
    const ledgers: PairLedger[] = []
    for (const events of [1_000, quick ? 10_000 : 1_000_000]) {
      progress(`${name}: ${store}, writing ${events} events`)
      const size = { customers: 1_000, events }
      const database = store === 'PostgreSQL' ? await postgres.createDatabase() : null
      ledgers.push({
        label: { store, 'past events': events },
        ledger: await (database
          ? growPostgres(database, size)
          : growSqlite(folder.path, `${events}-events`, size)),
        databaseCpu: database ? await postgresCpu(database) : async () => null,
      })
    }
    progress(`${name}: ${store}, comparing`)
    const compared = await comparePairs(ledgers, { first: '10³ events', ...length })
    rows.push(...compared.rows)
    problems.push(...compared.problems)
    audited += compared.audited
    for (const { ledger } of ledgers) await ledger.close()
  }
  return { name, rows, problems, audited, isDelivered: false }
}
