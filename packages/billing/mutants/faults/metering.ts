import type { Fault } from '../fault.ts'

/** Faults in the holds of running work, the sweeper, shutdown, and the denial counts. */
export const metering: Fault[] = [
  {
    name: 'the sweeper never prunes',
    file: 'metering/sweeper.ts',
    find: 'while (!stopping.aborted && (await ledger.prune())) await pause(50)',
    replace: '',
    tests: ['metering/sweeper'],
  },
  {
    name: 'the sweeper stops pruning after one step',
    file: 'metering/sweeper.ts',
    find: 'while (!stopping.aborted && (await ledger.prune())) await pause(50)',
    replace: 'await ledger.prune()',
    tests: ['metering/sweeper'],
  },
  {
    name: 'the sweeper never expires holds',
    file: 'metering/sweeper.ts',
    find: 'await expireDueHolds()\n',
    replace: 'void expireDueHolds\n',
    tests: ['metering/sweeper'],
  },
  {
    name: '`close()` releases unfinished holds',
    file: 'metering/hold.ts',
    find: 'abandon(): void {\n',
    replace:
      "abandon(): void {\n    const { customer, attempt } = this.#granted\n    if (!this.#ended) void this.#services.ledger.execute({ type: 'release', customer, attempt }).catch(() => {})\n",
    tests: ['metering/hold'],
  },
  {
    name: '`close()` doesn’t wait until all charges are durable',
    file: 'metering/workInFlight.ts',
    find: 'await Promise.allSettled(this.#commands)',
    replace: '',
    tests: ['metering/hold'],
  },
  {
    name: 'a failed renewal isn’t retried',
    file: 'metering/renewHold.ts',
    find: 'remainingMs > 0 ? now + Math.max(50, remainingMs / 8) : Number.POSITIVE_INFINITY',
    replace: 'remainingMs < 0 ? now : Number.POSITIVE_INFINITY',
    tests: ['metering/renewHold'],
  },
  {
    name: 'a changed count is stored only with the next renewal',
    file: 'metering/renewHold.ts',
    find: 'readCount ? Math.min(renewInMs, countEveryMs) : renewInMs',
    replace: 'readCount ? Math.max(renewInMs, countEveryMs * 0) : renewInMs',
    tests: ['metering/renewHold'],
  },
  {
    name: 'a stream continues even though its units can’t be charged',
    file: 'metering/renewHold.ts',
    find: 'if (counted?.some(({ meter }) => booked.includes(meter))) onUncharged()',
    replace: 'if (counted === undefined) onUncharged()',
    tests: ['metering/renewHold'],
  },
  {
    name: 'a denial counts once for each procedure in a nested call',
    file: 'metering/denialCounts.ts',
    find: '      if (this.#counted.has(error)) return\n',
    replace: '',
    tests: ['metering/denialCounts', 'trpc/denialCounts'],
  },
  {
    name: 'denial counts are lost during an outage',
    file: 'metering/denialCounts.ts',
    find: 'else this.#waiting.set(name, before)',
    replace: '',
    tests: ['metering/denialCounts'],
  },
  {
    name: 'one customer’s denials can fill the disk',
    file: 'metering/denialCounts.ts',
    find: 'known.size >= limits.kindsPerCustomer',
    replace: 'known.size < 0',
    tests: ['metering/denialCounts'],
  },
]
