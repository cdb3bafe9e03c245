import { readFile } from 'node:fs/promises'
import { postgresLedger } from '../../../src/ledger/stores/postgres/postgresLedger.ts'
import { query } from '../query.ts'
import type { engineSettings } from './engineSettings.ts'

/**
 * Creates a ledger in the schema `metered`. Disposing of the result drops the schema.
 *
 * @throws if the schema contains a table, so that the tests never delete the data of a ledger that is in use.
 */
export async function createEngineLedger({
  address,
  file,
  batchBy,
}: ReturnType<typeof engineSettings>): Promise<AsyncDisposable> {
  const tables = await query(address, "SELECT FROM pg_tables WHERE schemaname = 'metered'")
  if (tables.length > 0) {
    throw new Error(
      'The database contains a ledger (the schema metered), which the tests would delete. Use an empty database. ' +
        'If the schema is left from an interrupted run, drop it: DROP SCHEMA metered CASCADE.',
    )
  }
  const drop = async () => void (await query(address, 'DROP SCHEMA metered CASCADE'))
  try {
    await using ledger = postgresLedger(address, { batchBy })
    await ledger.health()
    if (file) await query(address, await readFile(file, 'utf8'))
  } catch (error) {
    await drop().catch(() => {})
    throw error
  }
  return { [Symbol.asyncDispose]: drop }
}
