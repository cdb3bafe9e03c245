import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'

/**
 * Opens a ledger whose clock runs in real time. `pass` moves the clock ahead, for example past the end of a hold or
 * period.
 */
export function movedLedger(file = ':memory:') {
  let offsetMs = 0
  const ledger = sqliteLedger(file, { clock: { now: () => Date.now() + offsetMs } })
  return {
    ledger,
    pass(ms: number) {
      offsetMs += ms
    },
  }
}
