import { Client } from 'pg'
import { startPostgres } from 'test-postgres'
import { schemaStatements } from '../../src/ledger/stores/postgres/schemaStatements.ts'
import { comparePairs, type PairLedger } from '../comparison/comparePairs.ts'
import { postgresCpu } from '../comparison/postgresCpu.ts'
import { growPostgres } from '../growLedger.ts'
import type { Options } from '../options.ts'
import { progress } from '../progress.ts'
import type { Section } from '../report.ts'

const name = 'Buckets: reserve and settle on PostgreSQL'

/** The settings that the documentation recommends for each `batchBy`. */
const settings = {
  any: {},
  bucket: { parallelBatches: 8, nextBatchAfterMs: 0 },
}

/**
 * Compares batches of any customers with batches of one bucket, with and without partitions.
 */
export async function buckets({ length }: Options): Promise<Section> {
  await using postgres = await startPostgres()
  const ledgers: PairLedger[] = []
  for (const batchBy of ['any', 'bucket'] as const) {
    for (const partitions of [null, 16]) {
      const database = await postgres.createDatabase()
      const size = { customers: 1_000, events: 10_000 }
      const ledger = await growPostgres(database, size, { batchBy, ...settings[batchBy] })
      if (partitions !== null) await run(database, schemaStatements(partitions))
      ledgers.push({
        label: { batchBy, partitions: partitions ?? 0 },
        ledger,
        databaseCpu: await postgresCpu(database),
      })
    }
  }
  progress(`${name}, comparing`)
  const compared = await comparePairs(ledgers, { first: 'first', ...length })
  for (const { ledger } of ledgers) await ledger.close()
  return { name, ...compared, isDelivered: false }
}

async function run(connectionString: string, sql: string) {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query(sql)
  await client.end()
}
