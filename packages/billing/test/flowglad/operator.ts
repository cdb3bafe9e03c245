import { sqliteLedger } from '../../src/index.ts'

/** Drops a usage event, as an operator's own process does: `operator.ts <ledger file> <customer> <attempt>`. */
const [file = '', customer = '', attempt = ''] = process.argv.slice(2)

await using ledger = sqliteLedger(file)
await ledger.execute({ type: 'drop', customer, events: [{ attempt, meter: 'generations' }] })
