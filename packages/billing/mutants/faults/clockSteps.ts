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
    name: 'PostgreSQL doesn’t list a hold from a forward step as due',
    file: 'ledger/stores/postgres/createReads.ts',
    find: '(h.expires_at <= clock.now OR h.expires_at > clock.now + h.max_hold_ms)',
    replace: 'h.expires_at <= clock.now',
    tests: ['ledger/postgresLedger'],
  },
  {
    name: 'the raw wall clock is used for due holds',
    file: 'ledger/stores/sqlite/prepareReads.ts',
    find: '.parse(due.all(now(), limit))',
    replace: '.parse(due.all(Date.now(), limit))',
    tests: contract,
  },
  {
    name: 'PostgreSQL uses the raw database clock for due holds',
    file: 'ledger/stores/postgres/createReads.ts',
    find: 'FROM metered.hold h, (SELECT ${now} AS now OFFSET 0) clock',
    replace:
      'FROM metered.hold h, (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now OFFSET 0) clock',
    tests: ['ledger/postgresLedger'],
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
    name: 'a snapshot from a forward step counts as fresh',
    file: 'ledger/core/snapshotAge.ts',
    find: 'Math.abs(now - fetchedAt)',
    replace: 'Math.max(0, now - fetchedAt)',
    tests: contract,
  },
  {
    name: 'a fetch from a forward step counts as a check of the period’s end',
    file: 'ledger/core/period.ts',
    find: 'periodCheckedFor === snapshot?.periodEnd && (fetchedAt ?? 0) <= now',
    replace: 'periodCheckedFor === snapshot?.periodEnd && (fetchedAt ?? 0) <= now * 2',
    tests: contract,
  },
  {
    name: 'an install after a step back gets a time in the future',
    file: 'ledger/core/install.ts',
    find: 'Math.min(lease.notedAt, draft.now)',
    replace: 'lease.notedAt',
    tests: contract,
  },
  {
    name: 'a stream’s live time from a forward step keeps its hold open',
    file: 'ledger/core/expire.ts',
    find: 'const liveUntil = Math.min(hold.counted.liveUntil, draft.now + hold.maxHoldMs)',
    replace: 'const { liveUntil } = hold.counted',
    tests: contract,
  },
  {
    name: 'a process uses its known rows after a step back',
    file: 'ledger/stores/recentCustomers.ts',
    find: 'row !== null && row.time <= now && now < nextExpiry',
    replace: 'row !== null && now < nextExpiry',
    tests: contract,
  },
  {
    name: 'SQLite doesn’t load the holds of a customer whose rows are from a forward step',
    file: 'ledger/stores/sqlite/prepareLoad.ts',
    find: 'if (row.time > now) dueUntil = Number.MAX_SAFE_INTEGER',
    replace: '',
    tests: contract,
  },
  {
    name: '/readyz doesn’t report a backward step',
    file: 'ledger/stores/clockWatch.ts',
    find: 'Math.max(0, Math.max(latestBefore, newestEvent ?? 0) - note(now))',
    replace: '0 * note(now) + 0 * latestBefore + 0 * (newestEvent ?? 0)',
    tests: contract,
  },
  {
    name: 'pauses in a process grow by the size of a backward step',
    file: 'config/steadyClock.ts',
    find: 'if (now < last) behindMs += last - now',
    replace: '',
    tests: ['config/steadyClock'],
  },
]
