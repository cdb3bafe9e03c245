import { startPostgres } from 'test-postgres'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Options } from '../options.ts'
import { temporaryFolder } from '../pairs.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'
import { comparePairs, type PairLedger } from './comparePairs.ts'
import { postgresCpu } from './postgresCpu.ts'

interface Compared<Variant extends string | number> {
  name: string
  /** The title of the column that names the variant. */
  column: string
  variants: Variant[]
  /** How the titles of the other columns name the first variant. */
  first: string
  /** Creates a variant's ledger in a new database, or in a file of the folder if `database` is null. */
  open: (variant: Variant, at: { folder: string; database: string | null }) => Promise<Ledger>
}

/** Compares the variants of a ledger, first on SQLite and then on PostgreSQL. */
export async function compareStores<Variant extends string | number>(
  { name, column, variants, first, open }: Compared<Variant>,
  { length }: Pick<Options, 'length'>,
): Promise<Section> {
  await using folder = await temporaryFolder()
  await using postgres = await startPostgres()
  const rows: Row[] = []
  const problems: string[] = []
  let audited = 0
  for (const store of ['SQLite', 'PostgreSQL']) {
    const ledgers: PairLedger[] = []
    for (const variant of variants) {
      progress(`${name}: ${store}, ${column} ${variant}`)
      const database = store === 'PostgreSQL' ? await postgres.createDatabase() : null
      ledgers.push({
        label: { store, [column]: variant },
        ledger: await open(variant, { folder: folder.path, database }),
        databaseCpu: database ? await postgresCpu(database) : async () => null,
      })
    }
    progress(`${name}: ${store}, comparing`)
    const compared = await comparePairs(ledgers, { first, ...length })
    rows.push(...compared.rows)
    problems.push(...compared.problems)
    audited += compared.audited
    for (const { ledger } of ledgers) await ledger.close()
  }
  return { name, rows, problems, audited, isDelivered: false }
}
