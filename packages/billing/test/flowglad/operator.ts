import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'

/**
 * Drops a usage event from a separate process, as an operator would. Takes the ledger file, the customer and
 * the attempt as arguments.
 */
const [file = '', customer = '', attempt = ''] = process.argv.slice(2)

await using ledger = sqliteLedger(file)
await ledger.execute({
  type: 'operate',
  customer,
  id: attempt,
  by: 'olga',
  reason: 'The subscription is gone',
  act: { type: 'drop', attempt, meter: 'generations' },
})
