import { expect, it } from 'vitest'
import { audit, type Books, type CustomerBooks } from '../../bench/books/audit.ts'

const someBooks = (customer: Partial<CustomerBooks> = {}, books: Partial<Books> = {}): Books => ({
  server: 'SQLite',
  customers: [{ customer: 'ada', answered: 5, booked: 5, held: 0, delivered: 5, ...customer }],
  failures: 0,
  firstFailure: null,
  calls: 5,
  runs: 5,
  waiting: 0,
  parked: 0,
  ...books,
})

it('finds no problem if each unit of every successful call is booked and delivered once', () => {
  expect(audit(someBooks())).toEqual([])
})

it.each([
  ['a unit that was never booked', someBooks({ booked: 4 })],
  ['a unit that was booked twice', someBooks({ booked: 6 })],
  ['a unit that was never delivered', someBooks({ delivered: 4 })],
  ['a unit that was delivered twice', someBooks({ delivered: 6 })],
  ['a unit that is still held', someBooks({ held: 1 })],
  ['a call that failed', someBooks({}, { failures: 1, firstFailure: 'timeout' })],
  ['work that ran more often than calls succeeded', someBooks({}, { runs: 6 })],
  ['a usage event that waits for delivery', someBooks({}, { waiting: 1 })],
  ['a parked usage event', someBooks({}, { parked: 1 })],
])('reports %s', (_, books) => {
  expect(audit(books)).toHaveLength(1)
})
