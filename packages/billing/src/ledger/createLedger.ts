import { z } from 'zod'
import { Batcher } from './batcher.ts'
import type { AnswerOf, Command } from './commands.ts'
import { chargeOf } from './core/charge.ts'
import { customerBalances } from './core/customerBalances.ts'
import { LedgerUnavailableError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { type LedgerOptions, ledgerDefaults } from './ledgerOptions.ts'
import type { Store } from './stores/store.ts'
import { validateCommand } from './validateCommand.ts'

/** The ledger over a store: commands through one batcher, reads beside it. `sqliteLedger` and `postgresLedger` bring their store. */
export function createLedger(store: Store, options: LedgerOptions = {}): Ledger {
  const batcher = new Batcher(store, { ...ledgerDefaults, ...options })
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!store.isTransient(error)) throw error
      throw new LedgerUnavailableError('storeOutOfReach', { cause: error })
    }
  }
  const listeners = new Set<(command: Command) => void>()
  const close = async () => {
    await batcher.close()
    await store.close()
  }
  return {
    async execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]> {
      const answer = await batcher.execute(validateCommand(command))
      for (const listener of listeners) listener(command)
      // The core answers each command with its own kind of answer; the type cannot follow it through the queue.
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

// PostgreSQL has no text with NUL.
const part = z.string().regex(/^[^\0]*$/)
const cursorSchema = z.tuple([z.number().int(), part, part])

const cursorAfter = ({ at, attempt, meter }: { at: number; attempt: string; meter: string }) =>
  Buffer.from(JSON.stringify([at, attempt, meter])).toString('base64url')

/** A cursor that is not ours starts from the newest. */
function parseCursor(cursor: string) {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    return null
  }
}
