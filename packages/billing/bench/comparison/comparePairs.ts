import type { Ledger } from '../../src/ledger/ledger.ts'
import { closedLoop } from '../load/closedLoop.ts'
import { pair } from '../pairs.ts'
import type { Row } from '../report.ts'
import { nameOf } from '../seed.ts'
import { median, sum } from '../statistics.ts'

const called = 64

/** A ledger whose pairs of reserve and settle are measured. */
export interface PairLedger {
  /** The first columns of the ledger's row, which identify the ledger. */
  label: Row
  ledger: Ledger
  /**
   * Returns the CPU time that the database's processes have used so far, in microseconds, or null if this time is
   * unknown.
   */
  databaseCpu: () => Promise<number | null>
}

export interface PairComparison {
  rows: Row[]
  /** The problems that the audit found. */
  problems: string[]
  audited: number
}

/**
 * Measures the ledgers in turn, with 64 callers and 64 customers, and then audits them. Some columns compare the
 * other ledgers with the first ledger. The titles of these columns call the first ledger `first`.
 */
export async function comparePairs(
  ledgers: PairLedger[],
  { first, rounds, roundMs }: { first: string; rounds: number; roundMs: number },
): Promise<PairComparison> {
  const measured: Measured[] = []
  for (const it of ledgers) {
    const answered = new Array<number>(called).fill(0)
    measured.push({ ...it, before: await usedUnits(it.ledger), answered, figures: [] })
  }
  for (const it of measured) await round(it, roundMs)
  for (let count = 0; count < rounds; count += 1) {
    for (const it of measured) it.figures.push(await round(it, roundMs))
  }
  const firstFigures = measured[0]?.figures ?? []
  const rows = measured.map(({ label, figures }) => ({ ...label, ...toRow(figures, firstFigures, first) }))
  const problems: string[] = []
  for (const it of measured) problems.push(...(await audit(it)))
  return { rows, problems, audited: sum(measured.flatMap(({ answered }) => answered)) }
}

interface Figures {
  perSecond: number
  p50Ms: number
  cpuMicros: number
  databaseMicros: number | null
}

interface Measured extends PairLedger {
  /** The units that each customer had used before the first round. */
  before: Map<string, number>
  /** The number of pairs of each customer, including the pairs of the unmeasured warm-up round. */
  answered: number[]
  figures: Figures[]
}

function toRow(own: Figures[], first: Figures[], name: string): Row {
  const of = (read: (figures: Figures) => number) => median(own.map(read))
  const ratio = (read: (figures: Figures) => number) =>
    own === first ? null : median(own.map((it, at) => read(it) / read(first[at] ?? it)))
  const database = of(({ databaseMicros }) => databaseMicros ?? Number.NaN)
  return {
    'pairs/s': of(({ perSecond }) => perSecond),
    [`pairs/s ÷ ${name}`]: ratio(({ perSecond }) => perSecond),
    'CPU µs': of(({ cpuMicros }) => cpuMicros),
    [`CPU ÷ ${name}`]: ratio(({ cpuMicros }) => cpuMicros),
    'database CPU µs': Number.isNaN(database) ? null : database,
    'p50 ms': of(({ p50Ms }) => p50Ms),
    [`p50 ÷ ${name}`]: ratio(({ p50Ms }) => p50Ms),
  }
}

async function round({ ledger, databaseCpu, answered }: Measured, durationMs: number): Promise<Figures> {
  const databaseBefore = await databaseCpu()
  const before = process.cpuUsage()
  const result = await closedLoop({ callers: called, customers: called, durationMs }, (customer) =>
    pair(ledger, nameOf(customer)),
  )
  const { user, system } = process.cpuUsage(before)
  const databaseAfter = await databaseCpu()
  if (result.firstFailure !== null) throw new Error(result.firstFailure)
  for (const [customer, count] of result.answered.entries())
    answered[customer] = (answered[customer] ?? 0) + count
  const pairs = sum(result.answered)
  const isCounted = databaseBefore !== null && databaseAfter !== null
  return {
    perSecond: result.perSecond,
    p50Ms: result.p50Ms,
    cpuMicros: (user + system) / pairs,
    databaseMicros: isCounted ? (databaseAfter - databaseBefore) / pairs : null,
  }
}

/** Audits only the ledger, because nothing is delivered. */
async function audit({ label, ledger, before, answered }: Measured): Promise<string[]> {
  const title = Object.values(label).join(', ')
  const problems: string[] = []
  const after = await usedUnits(ledger)
  for (const [index, pairs] of answered.entries()) {
    const customer = nameOf(index)
    const booked = (after.get(customer) ?? 0) - (before.get(customer) ?? 0)
    if (booked !== pairs)
      problems.push(
        `${title}: ${customer}: successful calls cost ${pairs} units, but ${booked} units were booked.`,
      )
    const { balances } = await ledger.balances(customer)
    if (balances.some(({ held }) => held > 0)) problems.push(`${title}: ${customer}: units are still held.`)
  }
  return problems
}

async function usedUnits(ledger: Ledger): Promise<Map<string, number>> {
  const used = new Map<string, number>()
  for (let index = 0; index < called; index += 1) {
    const customer = nameOf(index)
    const { balances } = await ledger.balances(customer)
    used.set(customer, sum(balances.map((it) => it.used)))
  }
  return used
}
