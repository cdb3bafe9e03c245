import type { Fault } from '../fault.ts'

const contract = ['ledger/sqliteLedger']

/** Clocks that step forward and back, and the choice of the clock. */
export const clockSteps: Fault[] = [
  {
    name: 'a lease from a forward step of the clock stays taken',
    file: 'ledger/core/lease.ts',
    find: 'leaseUntil <= now || (lease !== null && lease.notedAt > now)',
    replace: 'leaseUntil <= now && lease !== undefined',
    tests: contract,
  },
  {
    name: 'SQLite doesn’t list customers whose lease is from a forward step',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: "c.lease_until <= ?1 OR json_extract(c.lease, '$.notedAt') > ?1)",
    replace: 'c.lease_until <= ?1)',
    tests: contract,
  },
  {
    name: 'a hold from a forward step never expires',
    file: 'ledger/core/expire.ts',
    find: '(expiresAt <= now || expiresAt > now + maxHoldMs)',
    replace: 'expiresAt <= now + 0 * maxHoldMs',
    tests: contract,
  },
  {
    name: 'SQLite doesn’t list a hold from a forward step as due',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: '(expires_at <= ?1 OR expires_at > ?1 + max_hold_ms)',
    replace: 'expires_at <= ?1',
    tests: contract,
  },
  {
    name: 'the raw wall clock is used for due holds',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: '.parse(due.all(now(), limit))',
    replace: '.parse(due.all(Date.now(), limit))',
    tests: contract,
  },
  {
    name: 'a hold from a forward step is renewed beyond its maximum lifetime',
    file: 'ledger/core/renew.ts',
    find: 'const startedAt = Math.min(hold.startedAt, draft.now)',
    replace: 'const { startedAt } = hold',
    tests: contract,
  },
  {
    name: 'a parked event from a forward step waits until the clock has caught up',
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
