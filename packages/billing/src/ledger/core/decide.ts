import type { Answer, Command } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { Book, type LoadedCustomer, type Writes } from './book.ts'
import { acknowledge, drop, park } from './delivery.ts'
import { expireDueHolds, release, renew } from './holds.ts'
import { install } from './install.ts'
import { leaveLease, takeLease } from './lease.ts'
import { reserve } from './reserve.ts'
import { settle } from './settle.ts'

/**
 * Every rule of the ledger: the loaded rows, a batch of commands in order and the time → an answer for each command and the rows to
 * write. No I/O, no clock, no randomness; the loaded rows are consumed.
 */
export function decide(input: {
  loaded: ReadonlyMap<string, LoadedCustomer>
  commands: readonly Command[]
  now: number
  settings: LedgerSettings
}): { answers: Answer[]; writes: Writes } {
  const books = new Map<string, Book>()
  const answers = input.commands.map((command) => {
    let book = books.get(command.customer)
    if (!book) {
      book = new Book(command.customer, input.loaded.get(command.customer), input.now)
      books.set(command.customer, book)
    }
    return answer(book, command, input.settings)
  })
  const writes: Writes = {
    customers: [],
    accounts: [],
    holds: [],
    removedHolds: [],
    keys: [],
    events: [],
    daily: [],
  }
  for (const book of books.values()) book.collect(writes)
  return { answers, writes }
}

function answer(book: Book, command: Command, settings: LedgerSettings): Answer {
  switch (command.type) {
    case 'reserve':
      return reserve(book, command, settings)
    case 'renew':
      return renew(book, command)
    case 'settle':
      return settle(book, command, settings)
    case 'release':
      return release(book, command, settings)
    case 'expire':
      return { state: 'swept', ended: expireDueHolds(book, settings) }
    case 'takeLease':
      return takeLease(book, command)
    case 'leaveLease':
      return leaveLease(book, command)
    case 'install':
      return install(book, command)
    case 'acknowledge':
      return acknowledge(book, command, settings)
    case 'park':
      return park(book, command)
    case 'drop':
      return drop(book, command, settings)
    default:
      return command satisfies never
  }
}
