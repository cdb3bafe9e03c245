/** One customer's units, counted from successful calls, in the ledger and at Flowglad. */
export interface CustomerBooks {
  customer: string
  /** The units of the customer's successful calls. */
  answered: number
  /** The units that the ledger has booked. Null if the server has no ledger. */
  booked: number | null
  held: number
  /** The units that Flowglad has recorded. Null if the server is unmetered. */
  delivered: number | null
}

export interface Books {
  server: string
  customers: CustomerBooks[]
  /** The number of failed calls. */
  failures: number
  firstFailure: string | null
  /**
   * The number of successful calls. In correct books, this number equals `runs`, the number of times that the work
   * ran.
   */
  calls: number
  runs: number
  /** The number of usage events that haven't been delivered. */
  waiting: number
  parked: number
}

/** Returns the problems in the books, or an empty list if the books balance. */
export function audit(books: Books): string[] {
  const problems: string[] = []
  const expect = (isRight: boolean, problem: string) => {
    if (!isRight) problems.push(`${books.server}: ${problem}`)
  }
  expect(books.failures === 0, `${books.failures} calls failed. The first failure: ${books.firstFailure}`)
  expect(books.runs === books.calls, `${books.calls} calls succeeded, but the work ran ${books.runs} times.`)
  expect(books.waiting === 0, `${books.waiting} usage events are waiting for delivery.`)
  expect(books.parked === 0, `${books.parked} usage events are parked.`)
  for (const { customer, answered, booked, held, delivered } of books.customers) {
    expect(
      booked === null || booked === answered,
      `${customer}: successful calls cost ${answered} units, but ${booked} units were booked.`,
    )
    expect(
      delivered === null || delivered === answered,
      `${customer}: successful calls cost ${answered} units, but ${delivered} units were delivered.`,
    )
    expect(held === 0, `${customer}: ${held} units are still held.`)
  }
  return problems
}
