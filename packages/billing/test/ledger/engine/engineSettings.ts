import { z } from 'zod'

const environment = z.object({
  LEDGER_TEST_URL: z.string({ error: 'Set LEDGER_TEST_URL to the address of an empty database' }).min(1),
  LEDGER_TEST_SQL: z.string().optional(),
  LEDGER_TEST_BATCH_BY: z.enum(['any', 'bucket']).default('any'),
})

/** Reads the settings of `test:engine` from the environment. */
export function engineSettings(env: Record<string, string | undefined>) {
  const { LEDGER_TEST_URL, LEDGER_TEST_SQL, LEDGER_TEST_BATCH_BY } = environment.parse(env)
  return {
    address: LEDGER_TEST_URL,
    /** A file with SQL that runs after the ledger has created its tables, for instance to distribute them. */
    file: LEDGER_TEST_SQL,
    batchBy: LEDGER_TEST_BATCH_BY,
  }
}
