import { z } from 'zod'
import { LedgerUnavailableError } from '../../errors.ts'
import { copiedTables, type LedgerCopy } from '../ledgerCopy.ts'
import { toColumn } from '../tables.ts'
import { bucketOf } from './bucketOf.ts'
import type { PostgresPool } from './postgresPool.ts'
import { inTransaction, type PostgresTransaction } from './transaction.ts'
import { writeStatement } from './writeRows.ts'

/** The timeouts of the move. Each statement writes only one page, but the whole transaction can take hours. */
const limits = { transactionTimeoutMs: 600_000, silentAfterMs: 24 * 3_600_000 }

const ledgerRow = z.object({ id: z.string(), isUsed: z.boolean() })
const rowCount = z.object({ rows: z.coerce.number() })

/**
 * Writes the copy into a new ledger, in one transaction. The ledger gets the copy's ID. Returns `repeated` if the
 * PostgreSQL ledger already has this ID, because an earlier run has committed.
 *
 * @param onProgress Called with the number of rows written so far.
 * @param beforeCommit Called when all rows are written, immediately before the commit.
 * @throws {LedgerUnavailableError} if the PostgreSQL ledger already has customers or is an earlier copy.
 */
export const moveIn = (
  pool: PostgresPool,
  copy: LedgerCopy,
  { onProgress, beforeCommit }: { onProgress: (rows: number) => void; beforeCommit: () => void },
): Promise<'moved' | 'repeated'> =>
  inTransaction(pool, limits, async (transaction) => {
    const { id, isUsed } = ledgerRow.parse(
      (
        await transaction.begin(
          'LOCK TABLE metered.customer IN SHARE ROW EXCLUSIVE MODE',
          `SELECT id, EXISTS (SELECT FROM metered.customer) AS "isUsed" FROM metered.ledger FOR UPDATE`,
        )
      )[0],
    )
    if (id === copy.identity.id && !copy.isMarked) {
      throw new LedgerUnavailableError('cannotOpen', {
        message:
          'The PostgreSQL database already contains an earlier copy of this ledger. Move the ledger to an empty database.',
      })
    }
    if (id === copy.identity.id) {
      await transaction.rollback()
      beforeCommit()
      return 'repeated'
    }
    if (isUsed) {
      throw new LedgerUnavailableError('cannotOpen', {
        message: 'The PostgreSQL ledger already has customers. Move to an empty database.',
      })
    }
    await writeActs(transaction, copy)
    let written = copy.acts.length
    for (const page of copy.pages()) {
      await transaction.query(writeStatement(page, bucketOf))
      written += Object.values(page).reduce((sum, rows) => sum + (Array.isArray(rows) ? rows.length : 0), 0)
      onProgress(written)
    }
    await assertComplete(transaction, copy)
    await transaction.query('UPDATE metered.ledger SET id = $1, restored_at = $2, recovered_at = $3', [
      copy.identity.id,
      copy.identity.restoredAt,
      copy.identity.recoveredAt,
    ])
    beforeCommit()
    await transaction.commit()
    return 'moved'
  })

/** Writes the acts on the whole ledger, because the copy's pages don't contain them. */
async function writeActs(transaction: PostgresTransaction, { acts }: LedgerCopy): Promise<void> {
  await transaction.query(
    `INSERT INTO metered.ledger_act (id, at, "by", reason, act, before, after)
     SELECT id, at, "by", reason, act, before, after FROM jsonb_to_recordset($1::jsonb) AS it
       (id text, at bigint, "by" text, reason text, act text, before text, after text)`,
    [
      JSON.stringify(
        acts.map((act) => Object.fromEntries(Object.entries(act).map(([name, it]) => [name, toColumn(it)]))),
      ),
    ],
  )
}

async function assertComplete(transaction: PostgresTransaction, { rows }: LedgerCopy): Promise<void> {
  const counts = copiedTables.map((name) => `(SELECT count(*) FROM metered.${name})`)
  const found = await transaction.query(`SELECT ${counts.join(' + ')} AS rows`)
  const written = rowCount.parse(found.rows[0]).rows
  if (written !== rows)
    throw new Error(`Only ${written} of ${rows} rows reached PostgreSQL. Nothing was moved.`)
}
