import { sqliteLedger } from '../../src/index.ts'

/** Gives a usage event up, in a process of its own: `operator.ts <ledger file> <customer> <attempt>`. */
const [file = '', customer = '', attempt = ''] = process.argv.slice(2)

await using ledger = sqliteLedger(file)
await ledger.execute({ type: 'drop', customer, events: [{ attempt, meter: 'generations' }] })
