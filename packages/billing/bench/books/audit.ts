/** What one server's books say about one customer, in units. */
export interface CustomerBooks {
  customer: string
  /** The units of the calls that were answered successfully. */
  answered: number
  /** The units in the ledger. Null for a server without a ledger. */
  booked: number | null
  held: number
  /** The units at Flowglad. Null for an unmetered server. */
  delivered: number | null
}

export interface Books {
  server: string
  customers: CustomerBooks[]
  /** Calls that failed. */
  failures: number
  firstFailure: string | null
  /** The answered calls and the runs of the work. */
  calls: number
  runs: number
  /** Usage events that aren't delivered. */
  waiting: number
  parked: number
}

/** Returns what is wrong with the books. An empty list means that they balance. */
export function audit(books: Books): string[] {
  const problems: string[] = []
  const expect = (isRight: boolean, problem: string) => {
    if (!isRight) problems.push(`${books.server}: ${problem}`)
  }
  expect(books.failures === 0, `${books.failures} calls failed. The first failure: ${books.firstFailure}`)
  expect(
    books.runs === books.calls,
    `${books.calls} calls were answered, but the work ran ${books.runs} times.`,
  )
  expect(books.waiting === 0, `${books.waiting} usage events wait for delivery.`)
  expect(books.parked === 0, `${books.parked} usage events are parked.`)
  for (const { customer, answered, booked, held, delivered } of books.customers) {
    expect(
      booked === null || booked === answered,
      `${customer}: ${answered} units answered, ${booked} booked.`,
    )
    expect(
      delivered === null || delivered === answered,
      `${customer}: ${answered} units answered, ${delivered} delivered.`,
    )
    expect(held === 0, `${customer}: ${held} units are still held.`)
  }
  return problems
}
