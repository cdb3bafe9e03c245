import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'

/** Opens a ledger whose clock runs and can be moved ahead, past the end of holds, leases and periods. */
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
