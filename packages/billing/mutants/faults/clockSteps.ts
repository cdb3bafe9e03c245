import type { Fault } from '../fault.ts'

const contract = ['ledger/sqliteLedger']

/** Faults in the handling of clock steps. */
export const clockSteps: Fault[] = [
  {
    name: 'a lease that was taken while the clock was ahead stays taken',
    file: 'ledger/core/lease.ts',
    find: 'leaseUntil <= now || (lease !== null && lease.notedAt > now)',
    replace: 'leaseUntil <= now && lease !== undefined',
    tests: contract,
  },
  {
    name: 'SQLite doesn’t list a customer whose lease was taken while the clock was ahead',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: "c.lease_until <= ?1 OR json_extract(c.lease, '$.notedAt') > ?1)",
    replace: 'c.lease_until <= ?1)',
    tests: contract,
  },
  {
    name: 'a hold that was reserved while the clock was ahead doesn’t expire',
    file: 'ledger/core/expire.ts',
    find: '(expiresAt <= now || expiresAt > now + maxHoldMs)',
    replace: 'expiresAt <= now + 0 * maxHoldMs',
    tests: contract,
  },
  {
    name: 'SQLite’s list of due holds omits holds that were reserved while the clock was ahead',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: '(expires_at <= ?1 OR expires_at > ?1 + max_hold_ms)',
    replace: 'expires_at <= ?1',
    tests: contract,
  },
  {
    name: 'SQLite reads the system clock instead of the ledger’s clock to find due holds',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: '.parse(due.all(now(), limit))',
    replace: '.parse(due.all(Date.now(), limit))',
    tests: contract,
  },
  {
    name: 'a hold that was reserved while the clock was ahead can exceed its maximum lifetime',
    file: 'ledger/core/renew.ts',
    find: 'const startedAt = Math.min(hold.startedAt, draft.now)',
    replace: 'const { startedAt } = hold',
    tests: contract,
  },
  {
    name: 'an event that was parked while the clock was ahead isn’t retried until the clock catches up',
    file: 'ledger/core/lease.ts',
    find: '((retryAt ?? 0) <= draft.now || (parkedAt ?? 0) > draft.now)',
    replace: '(retryAt ?? 0) <= draft.now + 0 * (parkedAt ?? 0)',
    tests: contract,
  },
  {
    name: 'a backward step of the clock lengthens a process’s pauses',
    file: 'config/steadyClock.ts',
    find: 'if (now < last) behindMs += last - now',
    replace: '',
    tests: ['config/steadyClock'],
  },
]
