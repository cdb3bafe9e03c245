import { z } from 'zod'
import { moveIn } from '../../ledger/stores/postgres/moveIn.ts'
import { poolSource } from '../../ledger/stores/postgres/poolSource.ts'
import { postgresLedger } from '../../ledger/stores/postgres/postgresLedger.ts'
import { explainOpenError } from '../../ledger/stores/sqlite/explainOpenError.ts'
import { moveOut } from '../../ledger/stores/sqlite/moveOut.ts'
import { defineCommand, UsageError } from '../command.ts'
import { assertFileExists, assertNoOtherRelease, ledgerLocation } from '../openLedger.ts'

export const move = defineCommand({
  name: 'move',
  summary: 'moves a SQLite ledger to PostgreSQL',
  arguments: ['database'],
  options: ['ledger', 'json'],
  details: `Moves the ledger from a SQLite file to the PostgreSQL database with the URL <database>. Stop the servers
first. The database must not contain a ledger with customers. The command copies everything except denial
counts in one transaction, and marks the file, so that no server opens it again. If the command fails, run
it again. The command moves only the ledger, not the app's own tables.`,
  input: z.object({
    database: z.string().regex(/^postgres(ql)?:\/\//i, 'write a URL that begins with postgres://'),
    ledger: z.string().optional(),
  }),
  async run({ database, ...options }, context) {
    const location = ledgerLocation(options, context)
    if (location.store === 'postgres') throw new UsageError('metered move needs --ledger with a SQLite file.')
    const { file } = location
    assertFileExists(file)
    const source = poolSource(database)
    try {
      const pool = await source.pool()
      const { state, rows } = await moveOut(file, source.address, async (copy, beforeCommit) => {
        await assertNoOtherRelease(database)
        await createTables(database)
        const onProgress = (written: number) => context.progress(`${written} of ${copy.rows} rows`)
        return { rows: copy.rows, state: await moveIn(pool, copy, { beforeCommit, onProgress }) }
      })
      return {
        text: `${
          state === 'moved'
            ? `Moved ${rows} rows from ${file} to ${source.address}.`
            : `An earlier run has already moved the ledger to ${source.address}.`
        }
Next: set the server's ledger to this database, start the server, and run metered audit --flowglad.
`,
        json: { from: file, to: source.address, state, rows },
      }
    } catch (error) {
      throw explainOpenError(file, error)
    } finally {
      await source.close()
    }
  },
})

async function createTables(database: string): Promise<void> {
  await using ledger = postgresLedger(database, { outOfReachAfterMs: 5_000 })
  await ledger.id()
}
