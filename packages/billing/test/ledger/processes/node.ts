import { attemptId } from '../../../src/metering/attemptId.ts'
import { aRenew, aReserve, aTakeLease, settleOf } from '../builders.ts'
import { openAt } from './openAt.ts'

/**
 * Runs one node. `act` is the point at which the node kills or suspends itself. With `work`, the node runs until it
 * is killed. Usage: `node.ts <address> <act> <attempt>`.
 */
const [address = '', act = '', attempt = ''] = process.argv.slice(2)

/** The timeout is short, so that a process that is stopped inside a transaction loses its locks soon. */
const transactionTimeoutMs = 1000

let inTransaction = () => {}
const { ledger } = openAt(address, { inTransaction: () => inTransaction(), transactionTimeoutMs })
const die = () => process.kill(process.pid, 'SIGKILL')
const reserve = aReserve({ attempt, key: 'k' })
const settle = settleOf(reserve, { result: '"done"' })

switch (act) {
  case 'dieInReserve':
    inTransaction = die
    await ledger.execute(reserve)
    break
  case 'dieAfterReserve':
    await ledger.execute(reserve)
    die()
    break
  case 'dieAfterCount':
    await ledger.execute(reserve)
    await ledger.execute(aRenew(reserve, { counted: [{ meter: 'generations', amount: 3 }] }))
    die()
    break
  case 'dieInCount':
    await ledger.execute(reserve)
    await ledger.execute(aRenew(reserve, { counted: [{ meter: 'generations', amount: 3 }] }))
    inTransaction = die
    await ledger.execute(aRenew(reserve, { counted: [{ meter: 'generations', amount: 7 }] }))
    break
  case 'dieInSettle':
    await ledger.execute(reserve)
    inTransaction = die
    await ledger.execute(settle)
    break
  case 'dieAfterSettle':
    await ledger.execute(reserve)
    await ledger.execute(settle)
    die()
    break
  case 'dieAfterSend':
    await ledger.execute(reserve)
    await ledger.execute(settle)
    await ledger.execute(aTakeLease({ purpose: 'deliver' }))
    die()
    break
  case 'stopInReserve':
    inTransaction = () => {
      inTransaction = () => {}
      process.stdout.write('stopping\n')
      process.kill(process.pid, 'SIGSTOP')
    }
    process.stdout.write(`${(await ledger.execute(reserve)).state}\n`)
    process.exit(0)
    break
  case 'work':
    // Reserves and settles units until the process is killed. Prints each attempt after its settle has succeeded.
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (;;) {
          const mine = aReserve({ attempt: attemptId(Date.now()), ttlMs: 60_000 })
          const held = await ledger.execute(mine)
          if (held.state !== 'held') throw new Error(held.state)
          await ledger.execute(settleOf(mine))
          process.stdout.write(`${mine.attempt}\n`)
        }
      }),
    )
    break
  default:
    throw new Error(`Unknown act: ${act}`)
}
