import type { AnswerOf } from './answers.ts'
import { Batcher } from './batcher.ts'
import { cursorAfter, parseCursor } from './chargeCursor.ts'
import type { Command } from './commands.ts'
import { alertOf } from './core/alertOf.ts'
import { audit } from './core/audit.ts'
import { chargeOf } from './core/chargeOf.ts'
import { customerBalances } from './core/customerBalances.ts'
import { deniedCalls } from './core/deniedCalls.ts'
import type { DailyLabelRow } from './core/labelRows.ts'
import { holdOf, undeliveredEventOf } from './core/pendingWork.ts'
import type { ActRow, EventRow } from './core/rows.ts'
import { LedgerUnavailableError, storeOutOfReach } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { type LedgerOptions, ledgerDefaults } from './ledgerOptions.ts'
import type { ActCursor } from './reads.ts'
import { ReopeningStore } from './reopeningStore.ts'
import type { OpenStore, Store } from './stores/store.ts'
import { validateCommand } from './validateCommand.ts'

const rowsPerPage = 500

/**
 * Creates a ledger that opens the given store on first use. Apps call `sqliteLedger` or `postgresLedger`
 * instead.
 */
export function createLedger(store: Store, options: LedgerOptions = {}): Ledger {
  const listeners = new Set<(command: Command) => void>()
  const stores = new ReopeningStore(store)
  let closed = false

  const batcher = new Batcher(
    {
      transact: (commands) => stores.write((it) => it.transact(commands)),
      isTransient: (error) => store.isTransient(error),
      ...(store.groupOf && { groupOf: store.groupOf }),
    },
    { ...ledgerDefaults, ...options },
  )
  const interruptions = () => stores.openings + (stores.current?.lostConnections() ?? 0)
  let known: { id: string; interruptions: number } | null = null
  const unlessClosed = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new LedgerUnavailableError('closing')
    try {
      return await work()
    } catch (error) {
      if (!store.isTransient(error)) throw error
      throw storeOutOfReach(error)
    }
  }
  const read = <T>(work: (store: OpenStore) => Promise<T>) => unlessClosed(() => stores.read(work))
  const restoreState = async () => {
    const current = interruptions()
    const state = await read((it) => it.restoreState())
    known = { id: state.ledger, interruptions: current }
    return state
  }
  const close = async () => {
    closed = true
    await batcher.close()
    await stores.close()
  }
  return {
    address: store.address,
    async execute<C extends Command>(command: C): Promise<AnswerOf[C['type']]> {
      const answer = await batcher.execute(validateCommand(command))
      for (const listener of listeners) listener(command)
      // The core returns the answer for this type of command, but the queue's types don't express this.
      return answer as AnswerOf[C['type']]
    },
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async balances(customer) {
      const { row, accounts, now } = await read((it) => it.readCustomer(customer))
      return customerBalances(row, accounts, now)
    },
    lastCommitted(customer, since) {
      const last = stores.current?.lastCommitted(customer, since)
      return last ? customerBalances(last.row, last.accounts, last.now) : null
    },
    async charges({ customer, limit, cursor }) {
      const before = cursor === null ? null : parseCursor(cursor)
      // Read one extra row to determine whether there is another page.
      const rows = await read((it) => it.readCharges({ customer, limit: limit + 1, before }))
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return { charges: rows.slice(0, limit).map(chargeOf), cursor: last ? cursorAfter(last) : null }
    },
    async *allCharges({ customer }) {
      let after: EventRow | null = null
      do {
        const page: EventRow[] = await read((it) => it.readEvents({ customer, limit: rowsPerPage, after }))
        for (const event of page)
          yield { customer: event.customer, subscription: event.subscription, ...chargeOf(event) }
        after = page.length < rowsPerPage ? null : (page.at(-1) ?? null)
      } while (after !== null)
    },
    async *customers() {
      let page: string[] = []
      do {
        const after: string = page.at(-1) ?? ''
        page = await read((it) => it.readCustomers({ after, limit: rowsPerPage }))
        yield* page
      } while (page.length === rowsPerPage)
    },
    async findCustomers({ startsWith, limit }) {
      const found = await read((it) => it.readCustomersInOrder({ from: startsWith, limit }))
      // The IDs are in byte order, so the IDs that start with `startsWith` come first.
      return found.filter((it) => it.startsWith(startsWith))
    },
    books: (customer) => read((it) => it.readBooks(customer)),
    audit: async (customer) => audit(customer, await read((it) => it.readBooks(customer))),
    async *acts({ customer, after: start = null }) {
      let after: ActCursor | null = start
      do {
        const page: ActRow[] = await read((it) => it.readActs({ customer, limit: rowsPerPage, after }))
        yield* page
        after = page.length < rowsPerPage ? null : (page.at(-1) ?? null)
      } while (after !== null)
    },
    alerts: async (query) => (await read((it) => it.readAlerts(query))).map(alertOf),
    alertsToDeliver: (limit) => read((it) => it.readAlertsToDeliver(limit)),
    takeAlert: (alert) => unlessClosed(() => stores.write((it) => it.takeAlert(alert))),
    finishAlert: (alert) => unlessClosed(() => stores.write((it) => it.finishAlert(alert))),
    ledgerActs: () => read((it) => it.readLedgerActs()),
    holds: async (customer) => (await read((it) => it.readHolds(customer))).map(holdOf),
    undelivered: async (query) => (await read((it) => it.readUndelivered(query))).map(undeliveredEventOf),
    usage: (query) => read((it) => it.usage(query)),
    usageByValue: (query) => read((it) => it.usageByValue(query)),
    async *dailyLabels(customer) {
      let after: DailyLabelRow | null = null
      do {
        const page: DailyLabelRow[] = await read((it) =>
          it.readDailyLabels({ customer, limit: rowsPerPage, after }),
        )
        yield* page
        after = page.length < rowsPerPage ? null : (page.at(-1) ?? null)
      } while (after !== null)
    },
    versions: (customers) => read((it) => it.versions(customers)),
    customersWithDueHolds: (limit) => read((it) => it.customersWithDueHolds(limit)),
    customersToDeliver: (limit) => read((it) => it.customersToDeliver(limit)),
    countDenials: (denials) => unlessClosed(() => stores.write((it) => it.countDenials(denials))),
    denials: async (customer) => deniedCalls(await read((it) => it.readDenials(customer))),
    health: () => read((it) => it.health()),
    parked: (limit) => read((it) => it.parked(limit)),
    interruptions,
    async id() {
      // After an interruption, the store may contain another ledger, so read the ID again.
      return known && known.interruptions === interruptions() ? known.id : (await restoreState()).ledger
    },
    restoreState,
    eventStates: (events) => read((it) => it.eventStates(events)),
    markRestored: (author) => unlessClosed(() => stores.write((it) => it.markRestored(author))),
    markRecovered: () => unlessClosed(() => stores.write((it) => it.markRecovered())),
    prune: () => unlessClosed(() => stores.write((it) => it.prune())),
    close,
    [Symbol.asyncDispose]: close,
  }
}
