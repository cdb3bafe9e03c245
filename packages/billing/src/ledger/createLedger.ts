import { Batcher } from './batcher.ts'
import { cursorAfter, parseCursor } from './chargeCursor.ts'
import type { AnswerOf, Command } from './commands.ts'
import { chargeOf } from './core/chargeOf.ts'
import { customerBalances } from './core/customerBalances.ts'
import { LedgerUnavailableError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { type LedgerOptions, ledgerDefaults } from './ledgerOptions.ts'
import type { Store } from './stores/store.ts'
import { validateCommand } from './validateCommand.ts'

/** Creates a ledger that uses the given store. Apps call `sqliteLedger` or `postgresLedger`. */
export function createLedger(store: Store, options: LedgerOptions = {}): Ledger {
  const batcher = new Batcher(store, { ...ledgerDefaults, ...options })
  const listeners = new Set<(command: Command) => void>()
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!store.isTransient(error)) throw error
      throw new LedgerUnavailableError('storeOutOfReach', { cause: error })
    }
  }
  const close = async () => {
    await batcher.close()
    await store.close()
  }
  return {
    async execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]> {
      const answer = await batcher.execute(validateCommand(command))
      for (const listener of listeners) listener(command)
      // The core returns the answer type of this command, but the queue's type doesn't preserve it.
      return answer as AnswerOf[C['type']]
    },
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async balances(customer) {
      const { row, accounts, now } = await read(() => store.readCustomer(customer))
      return customerBalances(row, accounts, now)
    },
    async charges({ customer, limit, cursor }) {
      const before = cursor === null ? null : parseCursor(cursor)
      // Read one extra row to learn whether there is another page.
      const rows = await read(() => store.readCharges({ customer, limit: limit + 1, before }))
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return { charges: rows.slice(0, limit).map(chargeOf), cursor: last ? cursorAfter(last) : null }
    },
    usage: (query) => read(() => store.usage(query)),
    versions: (customers) => read(() => store.versions(customers)),
    customersWithDueHolds: (limit) => read(() => store.customersWithDueHolds(limit)),
    customersToDeliver: (limit) => read(() => store.customersToDeliver(limit)),
    health: () => read(() => store.health()),
    parked: (limit) => read(() => store.parked(limit)),
    prune: () => read(() => store.prune()),
    close,
    [Symbol.asyncDispose]: close,
  }
}
